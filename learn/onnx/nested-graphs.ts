/** Graphs inside nodes (`If`, `Loop`, `Scan`): they read values of the graph around them by name. */
import type { GraphProto, NodeProto } from './messages.js';

export function nestedGraphs({ attribute }: NodeProto): GraphProto[] {
  return attribute.flatMap(({ g, graphs }) => [...(g ? [g] : []), ...(graphs ?? [])]);
}

/** Every name that is read inside a node's graphs, at any depth. Names that they make themselves are among them. */
export function readInside(node: NodeProto, names = new Set<string>()): Set<string> {
  for (const graph of nestedGraphs(node)) {
    for (const inner of graph.node) {
      for (const name of inner.input) names.add(name);
      readInside(inner, names);
    }
    for (const { name } of graph.output) names.add(name ?? '');
  }
  return names;
}
