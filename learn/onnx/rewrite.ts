/** Writes a graph anew, node by node, so that others can be put between, and values read from elsewhere. */
import { GraphBuilder, type GraphNode } from './builder.js';
import { OnnxError } from './error.js';
import type { Value, ValueType } from './value.js';

/** What a rewriting changes. Values are those of the new graph. */
export interface Rewriting {
  /** Whether a node is left out. Nothing may read its outputs but nodes that are left out too. */
  skips?(node: GraphNode, position: number): boolean;
  /** Called before a node is written; `position` is its place in the old graph. */
  before?(node: GraphNode, position: number): void;
  /** What the node at `position` shall read in place of `value`. */
  read?(value: Value, node: GraphNode, position: number): Value;
  /** Values of the new graph that take the place of the node's outputs; it is not written then. */
  replace?(
    node: GraphNode,
    inputs: readonly (Value | undefined)[],
    position: number,
  ): readonly (Value | undefined)[] | undefined;
  /** Called when a node has been written, with its outputs in the new graph. */
  after?(node: GraphNode, outputs: readonly (Value | undefined)[], position: number): void;
}

/** The new graph, with its inputs already there, and where the values of the old one are in it. */
export interface Rewritten {
  readonly graph: GraphBuilder;
  /** @throws OnnxError when the value is not one of the old graph, or not written yet */
  at(value: Value): Value;
}

/**
 * Names, inputs and stored tensors stay; outputs of the graph are not carried over. Call `write` of the result once the
 * rewriting's own state is ready.
 */
export function rewriting(source: GraphBuilder, name: string): Rewritten & { write(changes: Rewriting): void } {
  const graph = new GraphBuilder(name);
  for (const opset of source.opsets) graph.requireOpset(opset);
  graph.names.continueSymbols(source.names);
  const values = new Map<string, Value>();
  for (const node of source.nodes) for (const output of node.outputs) if (output) graph.names.reserve(output.name);
  for (const input of source.inputs) values.set(input.name, graph.input(input.name, input.dtype, input.shape));
  for (const [index, proto] of source.initializers.entries()) {
    const type = source.storedValues[index]!;
    values.set(type.name, graph.storedTensor(proto, type));
  }
  const at = (value: Value): Value => {
    const found = values.get(value.name);
    if (found) return found;
    throw new OnnxError(`the graph has no value "${value.name}" at this place`);
  };
  const written = (node: GraphNode, inputs: readonly (Value | undefined)[], position: number) => {
    const declared = new Map<string, ValueType>();
    for (const output of node.outputs) if (output) declared.set(output.name, output);
    return graph.node(source.protos[position]!, inputs, declared);
  };
  const write = (changes: Rewriting): void => {
    for (const [position, node] of source.nodes.entries()) {
      if (changes.skips?.(node, position)) continue;
      changes.before?.(node, position);
      const inputs = node.inputs.map((value) => {
        if (!value) return undefined;
        const present = at(value);
        return changes.read?.(present, node, position) ?? present;
      });
      const outputs = changes.replace?.(node, inputs, position) ?? written(node, inputs, position);
      for (const [index, output] of outputs.entries()) {
        const before = node.outputs[index];
        if (output && before) values.set(before.name, output);
      }
      changes.after?.(node, outputs, position);
    }
  };
  return { graph, at, write };
}
