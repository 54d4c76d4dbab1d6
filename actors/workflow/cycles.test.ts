import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCycles } from './cycles.js';

type Edges = readonly (readonly [number, number])[];

function find(nodes: number, edges: Edges, most = 1000) {
  return findCycles(
    nodes,
    edges.map(([source]) => source),
    edges.map(([, target]) => target),
    most,
  );
}

/** Whether no node can be left: repeatedly drops nodes without a predecessor (Kahn 1962), a way of its own to tell. */
function isAcyclic(nodes: number, edges: Edges): boolean {
  let left = new Set(Array.from({ length: nodes }, (_, node) => node));
  for (;;) {
    const blocked = new Set(edges.filter(([source]) => left.has(source)).map(([, target]) => target));
    const rest = new Set([...left].filter((node) => blocked.has(node)));
    if (rest.size === left.size) return left.size === 0;
    left = rest;
  }
}

describe('findCycles', () => {
  it.each<[string, number, Edges, number[][]]>([
    [
      'a chain',
      3,
      [
        [0, 1],
        [1, 2],
      ],
      [],
    ],
    [
      'a diamond',
      4,
      [
        [0, 1],
        [0, 2],
        [1, 3],
        [2, 3],
      ],
      [],
    ],
    [
      'two nodes in a circle',
      2,
      [
        [0, 1],
        [1, 0],
      ],
      [[0, 1]],
    ],
    [
      'a circle with a way in',
      4,
      [
        [3, 1],
        [1, 2],
        [2, 1],
        [2, 0],
      ],
      [[1, 2]],
    ],
    [
      'two circles apart',
      5,
      [
        [0, 1],
        [1, 0],
        [2, 3],
        [3, 4],
        [4, 2],
      ],
      [
        [0, 1],
        [2, 3, 4],
      ],
    ],
    [
      'two circles through one node',
      3,
      [
        [0, 1],
        [1, 0],
        [0, 2],
        [2, 0],
      ],
      [
        [0, 1],
        [0, 2],
      ],
    ],
    [
      'a circle of doubled edges, once',
      3,
      [
        [0, 1],
        [0, 2],
        [2, 0],
        [0, 1],
        [1, 0],
        [1, 0],
        [2, 0],
      ],
      [
        [0, 1],
        [0, 2],
      ],
    ],
    [
      'self edges, which are not its business',
      2,
      [
        [0, 0],
        [0, 1],
      ],
      [],
    ],
  ])('finds in %s what is there', (_, nodes, edges, cycles) => {
    expect(find(nodes, edges)).toEqual({ cycles, more: 0 });
  });

  it('finds cycles exactly in graphs that have some, each along edges, and none is left without their closing edges', () => {
    const graph = fc.integer({ min: 1, max: 8 }).chain((nodes) => {
      const node = fc.nat({ max: nodes - 1 });
      const edge = fc.tuple(node, node).filter(([source, target]) => source !== target);
      return fc.tuple(fc.constant(nodes), nodes === 1 ? fc.constant([]) : fc.array(edge, { maxLength: 20 }));
    });
    fc.assert(
      fc.property(graph, ([nodes, edges]) => {
        const { cycles } = find(nodes, edges);
        expect(cycles.length === 0).toBe(isAcyclic(nodes, edges));
        const has = new Set(edges.map(([source, target]) => `${source}>${target}`));
        for (const cycle of cycles) {
          expect(new Set(cycle).size).toBe(cycle.length);
          expect(cycle[0]).toBe(Math.min(...cycle));
          cycle.forEach((node, place) => {
            expect(has.has(`${node}>${cycle[(place + 1) % cycle.length]}`)).toBe(true);
          });
        }
        const touched = new Set(
          cycles.flatMap((cycle) => cycle.map((node, place) => `${node}>${cycle[(place + 1) % cycle.length]}`)),
        );
        expect(
          isAcyclic(
            nodes,
            edges.filter(([source, target]) => !touched.has(`${source}>${target}`)),
          ),
        ).toBe(true);
      }),
    );
  });

  it('walks a million edges without recursion', () => {
    const nodes = 20_000;
    const from = new Int32Array(1_000_000);
    const to = new Int32Array(1_000_000);
    for (let edge = 0; edge < from.length; edge++) {
      from[edge] = edge % (nodes - 1);
      // The first lap is the chain; later ones jump ahead.
      const ahead = 1 + Math.floor(edge / (nodes - 1)) * 7;
      to[edge] = Math.min(from[edge]! + ahead, nodes - 1);
    }
    expect(findCycles(nodes, from, to, 10)).toEqual({ cycles: [], more: 0 });
    from[999_999] = nodes - 1;
    to[999_999] = 0;
    const { cycles, more } = findCycles(nodes, from, to, 10);
    expect(cycles[0]).toHaveLength(nodes);
    expect(more).toBe(0);
  });

  it('lists the first cycles of a dense graph and counts the others', () => {
    const edges: [number, number][] = [];
    for (let source = 0; source < 300; source++)
      for (let target = 0; target < 300; target++) edges.push([source, target]);
    const { cycles, more } = find(300, edges, 10);
    expect(cycles).toHaveLength(10);
    expect(cycles.length + more).toBe((300 * 299) / 2);
  });
});
