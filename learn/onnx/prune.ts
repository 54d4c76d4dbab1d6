/** Takes out of a graph what nothing reads. */
import type { GraphProto, ModelProto } from './messages.js';

/** Names that nested graphs read from the graph around them. */
function readInside(graph: GraphProto, names: Set<string>): void {
  for (const node of graph.node) {
    for (const name of node.input) names.add(name);
    for (const { g, graphs } of node.attribute)
      for (const nested of [...(g ? [g] : []), ...(graphs ?? [])]) readInside(nested, names);
  }
  for (const { name } of graph.output) names.add(name ?? '');
}

/** The model without the nodes and stored tensors that no output depends on. Inputs stay: they are its interface. */
export function prune(model: ModelProto): ModelProto {
  const { graph } = model;
  if (!graph) return model;
  const wanted = new Set(graph.output.map(({ name }) => name ?? ''));
  // Nodes stand in the order in which they run, so one walk from the end sees every reader before what it reads.
  const kept = graph.node.toReversed().filter((node) => {
    if (!node.output.some((name) => name !== '' && wanted.has(name))) return false;
    for (const name of node.input) wanted.add(name);
    for (const { g, graphs } of node.attribute)
      for (const nested of [...(g ? [g] : []), ...(graphs ?? [])]) readInside(nested, wanted);
    return true;
  });
  return {
    ...model,
    graph: {
      ...graph,
      node: kept.toReversed(),
      initializer: graph.initializer.filter(({ name }) => wanted.has(name ?? '')),
    },
  };
}
