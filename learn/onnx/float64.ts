/**
 * A model that computes in float64 what it computed in float32: for comparisons, above all of gradients with finite differences, which
 * need digits that float32 does not have. ONNX Runtime has float64 kernels for most operators on the CPU, not for all.
 */
import { DATA_TYPES } from './data-types.js';
import {
  ATTRIBUTE_TYPES,
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type TypeProto,
  type ValueInfoProto,
} from './messages.js';
import { tensorBytes } from './tensor-proto.js';

const FLOAT32 = DATA_TYPES.float32.code;
const FLOAT64 = DATA_TYPES.float64.code;

/** Inputs that the operators want in float32 whatever the data is. */
const ALWAYS_FLOAT32: Readonly<Record<string, readonly number[]>> = { Resize: [2], Upsample: [1] };

/** Operators whose result has the element type that an attribute names, and the name; absent it is float32. */
const TYPE_ATTRIBUTES: Readonly<Record<string, string>> = {
  Cast: 'to',
  RandomNormal: 'dtype',
  RandomUniform: 'dtype',
};

/**
 * The model with float64 in place of float32: inputs, outputs, stored tensors, constants and casts. What is of another type stays.
 * @throws OnnxError when a stored tensor does not have the values that its shape needs
 */
export function withFloat64(model: ModelProto): ModelProto {
  return model.graph ? { ...model, graph: inGraph(model.graph, new Set()) } : model;
}

function inGraph(graph: GraphProto, outer: ReadonlySet<string>): GraphProto {
  const fixed = new Set([...outer, ...fixedNames(graph)]);
  const info = (value: ValueInfoProto): ValueInfoProto =>
    fixed.has(value.name ?? '') || !value.type ? value : { ...value, type: inType(value.type) };
  return {
    ...graph,
    node: graph.node.map((node) => inNode(node, fixed)),
    initializer: graph.initializer.map((tensor) => (fixed.has(tensor.name ?? '') ? tensor : inTensor(tensor))),
    input: graph.input.map(info),
    output: graph.output.map(info),
    ...(graph.valueInfo && { valueInfo: graph.valueInfo.map(info) }),
  };
}

function fixedNames(graph: GraphProto): string[] {
  return graph.node.flatMap(({ opType = '', input }) => {
    const places = Object.hasOwn(ALWAYS_FLOAT32, opType) ? ALWAYS_FLOAT32[opType]! : [];
    return places.map((place) => input[place] ?? '').filter((name) => name !== '');
  });
}

function inNode(node: NodeProto, fixed: ReadonlySet<string>): NodeProto {
  if (node.opType === 'Constant') return fixed.has(node.output[0] ?? '') ? node : inConstant(node);
  const attribute = node.attribute.map((entry) => {
    const { t, g, graphs } = entry;
    return {
      ...entry,
      ...(t && { t: inTensor(t) }),
      ...(g && { g: inGraph(g, fixed) }),
      ...(graphs && { graphs: graphs.map((inner) => inGraph(inner, fixed)) }),
    };
  });
  const named = Object.hasOwn(TYPE_ATTRIBUTES, node.opType ?? '') ? TYPE_ATTRIBUTES[node.opType!]! : undefined;
  if (named !== undefined) return { ...node, attribute: withType(attribute, named) };
  const filled = node.opType === 'ConstantOfShape' && !attribute.some(({ name }) => name === 'value');
  return { ...node, attribute: filled ? [...attribute, tensorAttribute(tensorOf([0], [1]))] : attribute };
}

function withType(attributes: readonly AttributeProto[], named: string): AttributeProto[] {
  const given = attributes.find(({ name }) => name === named);
  if (given && given.i !== BigInt(FLOAT32)) return [...attributes];
  const others = attributes.filter((entry) => entry !== given);
  return [...others, { name: named, type: ATTRIBUTE_TYPES.int, i: BigInt(FLOAT64) }];
}

function inConstant(node: NodeProto): NodeProto {
  const attribute = node.attribute.map((entry) => {
    if (entry.name === 'value_float') return tensorAttribute(tensorOf([entry.f ?? 0], []));
    if (entry.name === 'value_floats')
      return tensorAttribute(tensorOf(entry.floats ?? [], [entry.floats?.length ?? 0]));
    return entry.t ? { ...entry, t: inTensor(entry.t) } : entry;
  });
  return { ...node, attribute };
}

function tensorAttribute(t: TensorProto): AttributeProto {
  return { name: 'value', type: ATTRIBUTE_TYPES.tensor, t };
}

function tensorOf(values: readonly number[], dims: readonly number[]): TensorProto {
  return { dims, dataType: FLOAT64, rawData: new Uint8Array(Float64Array.from(values).buffer) };
}

function inTensor(tensor: TensorProto): TensorProto {
  if (tensor.dataType !== FLOAT32) return tensor;
  const { floatData: _, ...rest } = tensor;
  // A copy, because the bytes in a file need not start where a float may.
  const values = new Float32Array(tensorBytes(tensor).slice().buffer);
  return { ...rest, dataType: FLOAT64, rawData: new Uint8Array(Float64Array.from(values).buffer) };
}

function inType(type: TypeProto): TypeProto {
  const { tensorType, sequenceType, optionalType } = type;
  return {
    ...type,
    ...(tensorType?.elemType === FLOAT32 && { tensorType: { ...tensorType, elemType: FLOAT64 } }),
    ...(sequenceType?.elemType && { sequenceType: { ...sequenceType, elemType: inType(sequenceType.elemType) } }),
    ...(optionalType?.elemType && { optionalType: { ...optionalType, elemType: inType(optionalType.elemType) } }),
  };
}
