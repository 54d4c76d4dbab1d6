/** Gives the values of nodes other names, inside nested graphs too. */
import type { AttributeProto, GraphProto, NodeProto } from './messages.js';
import { nestedGraphs } from './nested-graphs.js';

/** Called for every name that is read or made; an empty one stays empty. */
export type Rename = (name: string) => string;

export function renameNode(node: NodeProto, rename: Rename): NodeProto {
  const each = (names: readonly string[]) => names.map((name) => (name === '' ? '' : rename(name)));
  return {
    ...node,
    input: each(node.input),
    output: each(node.output),
    attribute: node.attribute.map((attribute) => mapGraphs(attribute, (graph) => renameGraph(graph, rename))),
  };
}

function renameGraph(graph: GraphProto, rename: Rename): GraphProto {
  const named = <T extends { readonly name?: string }>(entry: T): T =>
    entry.name ? { ...entry, name: rename(entry.name) } : entry;
  return {
    ...graph,
    node: graph.node.map((node) => renameNode(node, rename)),
    initializer: graph.initializer.map(named),
    input: graph.input.map(named),
    output: graph.output.map(named),
    ...(graph.valueInfo && { valueInfo: graph.valueInfo.map(named) }),
    ...(graph.sparseInitializer && {
      sparseInitializer: graph.sparseInitializer.map((sparse) => ({
        ...sparse,
        ...(sparse.values && { values: named(sparse.values) }),
      })),
    }),
  };
}

/** The attribute with its graphs, if it has any, changed. */
export function mapGraphs(attribute: AttributeProto, change: (graph: GraphProto) => GraphProto): AttributeProto {
  const { g, graphs } = attribute;
  if (!g && !graphs) return attribute;
  return { ...attribute, ...(g && { g: change(g) }), ...(graphs && { graphs: graphs.map(change) }) };
}

/** Every name that a graph or one inside it gives to a value. */
export function namesOf(graph: GraphProto): string[] {
  const own = [...graph.input, ...graph.initializer].map(({ name }) => name ?? '');
  const made = graph.node.flatMap((node) => [...node.output, ...nestedGraphs(node).flatMap(namesOf)]);
  return [...own, ...made];
}
