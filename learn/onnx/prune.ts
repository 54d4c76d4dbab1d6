/** Takes out of a graph what nothing reads. */
import type { ModelProto } from './messages.js';
import { readInside } from './nested-graphs.js';

/** The model without the nodes and stored tensors that no output depends on. Inputs stay: they are its interface. */
export function prune(model: ModelProto): ModelProto {
  const { graph } = model;
  if (!graph) return model;
  const wanted = new Set(graph.output.map(({ name }) => name ?? ''));
  // Nodes stand in the order in which they run, so one walk from the end sees every reader before what it reads.
  const kept = graph.node.toReversed().filter((node) => {
    if (!node.output.some((name) => name !== '' && wanted.has(name))) return false;
    for (const name of node.input) wanted.add(name);
    readInside(node, wanted);
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
