/** A graph that passed every check, compiled: plain data, nodes and edges by their index. */

/** One value that travels. An edge without handles may carry several: one for each port of equal name. */
export interface PlanEdge {
  /** Index of the edge in the request, and its id where it has one. */
  readonly edge: number;
  readonly id?: string;
  readonly source: number;
  readonly sourcePort: string;
  readonly target: number;
  readonly targetPort: string;
}

export interface PlanNode {
  readonly id: string;
  /** The name of the node type; an alias is resolved. */
  readonly type: string;
  /** The parsed config, defaults filled in. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The nodes whose outputs it reads, each once, ascending. */
  readonly dependencies: readonly number[];
  /** The nodes that read its outputs, each once, ascending. */
  readonly dependents: readonly number[];
  /** How many dependencies it waits for: `dependencies.length`. */
  readonly inDegree: number;
  /** Indices into the plan's edges, in the order of the request's edges: a later one wins. */
  readonly incoming: readonly number[];
}

export interface Plan {
  readonly nodes: readonly PlanNode[];
  readonly edges: readonly PlanEdge[];
}

/** What a plan is made of: its nodes without what follows from the edges. */
export type UnlinkedNode = Pick<PlanNode, 'id' | 'type' | 'config'>;

/** Links nodes by edges. O(nodes + edges). */
export function link(nodes: readonly UnlinkedNode[], edges: readonly PlanEdge[]): Plan {
  const incoming: number[][] = nodes.map(() => []);
  edges.forEach((edge, index) => {
    incoming[edge.target]!.push(index);
  });
  const dependencies: number[][] = nodes.map(() => []);
  const dependents: number[][] = nodes.map(() => []);
  // The node that last counted a source: tells a second edge from the same source without a set for each node.
  const countedBy = new Int32Array(nodes.length).fill(-1);
  incoming.forEach((indices, target) => {
    for (const index of indices) {
      const { source } = edges[index]!;
      if (countedBy[source] === target) continue;
      countedBy[source] = target;
      dependencies[target]!.push(source);
      dependents[source]!.push(target);
    }
  });
  return {
    edges,
    nodes: nodes.map((node, index) => ({
      ...node,
      dependencies: dependencies[index]!.sort((left, right) => left - right),
      dependents: dependents[index]!,
      inDegree: dependencies[index]!.length,
      incoming: incoming[index]!,
    })),
  };
}
