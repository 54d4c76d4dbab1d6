/** Circles in a graph, without recursion: a chain of 20,000 nodes must not meet the end of the stack. */

export interface Cycles {
  /** Each a list of nodes, every node once, in the order of the edges, beginning with the smallest. */
  readonly cycles: readonly (readonly number[])[];
  /** Cycles that were found and not listed. */
  readonly more: number;
}

/** Beyond the first, cycles are written out until their nodes together pass this number. */
const LISTED_NODES = 20_000;

/**
 * Edges grouped by source, each pair of nodes once: the targets of `node` are `targets[starts[node]] .. targets[ends[node] - 1]`,
 * in the order of the edges.
 */
function grouped(nodes: number, from: ArrayLike<number>, to: ArrayLike<number>) {
  const starts = new Int32Array(nodes + 1);
  for (let edge = 0; edge < from.length; edge++) starts[from[edge]! + 1]! += 1;
  for (let node = 0; node < nodes; node++) starts[node + 1]! += starts[node]!;
  const ends = starts.slice(0, nodes);
  const targets = new Int32Array(from.length);
  for (let edge = 0; edge < from.length; edge++) targets[ends[from[edge]!]!++] = to[edge]!;
  const reachedFrom = new Int32Array(nodes).fill(-1);
  for (let node = 0; node < nodes; node++) {
    let kept = starts[node]!;
    for (let edge = kept; edge < ends[node]!; edge++) {
      const target = targets[edge]!;
      if (target === node || reachedFrom[target] === node) continue;
      reachedFrom[target] = node;
      targets[kept++] = target;
    }
    ends[node] = kept;
  }
  return { starts, ends, targets };
}

/** A cycle begins with its smallest node, so that it reads the same whatever edge the search came in by. */
function rotated(cycle: readonly number[]): readonly number[] {
  let smallest = 0;
  cycle.forEach((node, position) => {
    if (node < cycle[smallest]!) smallest = position;
  });
  return [...cycle.slice(smallest), ...cycle.slice(0, smallest)];
}

const UNSEEN = 0;
const OPEN = 1;
const DONE = 2;

/**
 * One cycle for every edge that closes one in a depth-first search (Cormen et al., Introduction to Algorithms, 3rd edition, section 22.3:
 * a graph has a cycle exactly if the search meets such an edge). Every cycle of the graph contains at least one of the
 * edges that close a listed one, so a graph without these edges has none. O(nodes + edges). Self edges are left to the caller.
 *
 * @param from source of each edge, 0 .. nodes - 1
 * @param to target of each edge
 * @param most how many cycles are listed
 */
export function findCycles(nodes: number, from: ArrayLike<number>, to: ArrayLike<number>, most: number): Cycles {
  const { starts, ends, targets } = grouped(nodes, from, to);
  const next = starts.slice(0, nodes);
  const state = new Uint8Array(nodes);
  const depthOf = new Int32Array(nodes);
  const path = new Int32Array(nodes);
  const cycles: (readonly number[])[] = [];
  let listedNodes = 0;
  let more = 0;
  for (let root = 0; root < nodes; root++) {
    if (state[root] !== UNSEEN) continue;
    let depth = 0;
    path[0] = root;
    state[root] = OPEN;
    while (depth >= 0) {
      const node = path[depth]!;
      const edge = next[node]!++;
      if (edge >= ends[node]!) {
        state[node] = DONE;
        depth -= 1;
        continue;
      }
      const target = targets[edge]!;
      if (state[target] === UNSEEN) {
        state[target] = OPEN;
        depth += 1;
        path[depth] = target;
        depthOf[target] = depth;
      } else if (state[target] === OPEN) {
        const length = depth - depthOf[target]! + 1;
        if (cycles.length === 0 || (cycles.length < most && listedNodes + length <= LISTED_NODES)) {
          cycles.push(rotated(Array.from(path.subarray(depthOf[target]!, depth + 1))));
          listedNodes += length;
        } else {
          more += 1;
        }
      }
    }
  }
  return { cycles, more };
}
