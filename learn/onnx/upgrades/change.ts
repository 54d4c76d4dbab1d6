/** What a change of an operator is: a row brings a node from the form before it to the form after it. */
import type { GraphBuilder } from '../builder.js';
import { OnnxError } from '../error.js';
import { ATTRIBUTE_TYPES, type AttributeProto, type NodeProto } from '../messages.js';
import type { Value } from '../value.js';

/** A node of an older operator set: rows take attributes away, add inputs, or put nodes before and behind. */
export interface OldNode {
  readonly proto: NodeProto;
  readonly inputs: readonly (Value | undefined)[];
  /** The node, for messages. */
  readonly where: string;
  /** Where the model goes to. */
  readonly graph: GraphBuilder;
}

export interface Upgraded {
  readonly proto: NodeProto;
  readonly inputs: readonly (Value | undefined)[];
  /** Makes the outputs that the old node had from those of the new one. */
  readonly finish?: (outputs: readonly (Value | undefined)[]) => readonly (Value | undefined)[];
}

export interface Change {
  /** The first operator set that has the new form. */
  readonly since: number;
  apply(node: OldNode): Upgraded;
}

export function attribute(node: OldNode, name: string): AttributeProto | undefined {
  return node.proto.attribute.find((entry) => entry.name === name);
}

/** A whole number among the attributes. */
export function intOf(node: OldNode, name: string): number | undefined {
  const value = attribute(node, name)?.i;
  return value === undefined ? undefined : Number(value);
}

export function textOf(node: OldNode, name: string): string | undefined {
  const bytes = attribute(node, name)?.s;
  return bytes && new TextDecoder().decode(bytes);
}

/** The node without these attributes. */
export function without(node: OldNode, ...names: string[]): NodeProto {
  return { ...node.proto, attribute: node.proto.attribute.filter(({ name }) => !names.includes(name ?? '')) };
}

/** The node with these attributes, whatever it said before. */
export function withAttributes(proto: NodeProto, values: Readonly<Record<string, number | string>>): NodeProto {
  const others = proto.attribute.filter(({ name }) => !Object.hasOwn(values, name ?? ''));
  const added = Object.entries(values).map(([name, value]): AttributeProto => {
    if (typeof value === 'number') return { name, type: ATTRIBUTE_TYPES.int, i: BigInt(value) };
    return { name, type: ATTRIBUTE_TYPES.string, s: new TextEncoder().encode(value) };
  });
  return { ...proto, attribute: [...others, ...added] };
}

/** A list of whole numbers as a constant. */
export function integers(node: OldNode, values: readonly (bigint | number)[]): Value {
  const data = BigInt64Array.from(values, BigInt);
  return node.graph.constant({ dtype: 'int64', shape: [values.length], data });
}

export function floats(node: OldNode, values: readonly number[], shape: readonly number[] = [values.length]): Value {
  return node.graph.constant({ dtype: 'float32', shape, data: Float32Array.from(values) });
}

/** A number of the type of the first input. */
export function scalarLike(node: OldNode, value: number): Value {
  const dtype = node.inputs[0]?.dtype;
  if (dtype === 'float32') return floats(node, [value], []);
  if (dtype === 'float64') return node.graph.constant({ dtype, shape: [], data: Float64Array.of(value) });
  if (dtype === 'float16') return node.graph.op('Cast', [floats(node, [value], [])], { to: dtype });
  return refuse(node, `its numbers of type ${dtype} cannot be converted`);
}

export function refuse(node: OldNode, reason: string): never {
  throw new OnnxError(`${node.where}: ${reason}; export the model with a later operator set`);
}
