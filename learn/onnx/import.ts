/** Takes a model from a file into a builder, node by node, so that every value has a type and more can be built on it. */

import { elementCount } from '../../runtime/tensor.js';
import { type GraphBuilder, isStandard, type NodeInputs, OPSET } from './builder.js';
import { dtypeOf } from './data-types.js';
import { OnnxError } from './error.js';
import type { GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto } from './messages.js';
import { operatorOf } from './operators/index.js';
import { type Dim, formatShape, isStatic } from './shape.js';
import { fromTensorProto } from './tensor-proto.js';
import { OLDEST_OPSET, upgradeNode } from './upgrade.js';
import { typeOfConstant, type Value, type ValueType } from './value.js';

/** What is put in the place of parts of the model while it is taken over. */
export interface ImportOptions {
  /** Gives a value of the builder in place of an input of the model: so one graph is put behind another. */
  readonly replaceInput?: (name: string, type: ValueType) => Value | undefined;
  /** Gives another value in place of a stored tensor, for instance a graph input; `undefined` keeps it stored. */
  readonly replaceInitializer?: (tensor: TensorProto, type: ValueType) => Value | undefined;
  /** Gives other outputs in place of a node's; `undefined` keeps the node. */
  readonly lower?: (node: NodeProto, inputs: NodeInputs) => readonly Value[] | undefined;
}

/** Where the values of the model are in the graph that took it over. */
export interface ImportedGraph {
  /** Every value of the model by its name there. */
  readonly values: ReadonlyMap<string, Value>;
  /** The model's outputs, in order. They are not yet outputs of the builder. */
  readonly outputs: readonly Value[];
}

/** The operator set of the standard operators that a model asks for. @throws OnnxError when it is too old */
export function opsetOf(model: ModelProto): number {
  const version = model.opsetImport.find(({ domain }) => isStandard(domain))?.version ?? 1;
  if (version >= OLDEST_OPSET) return version;
  throw new OnnxError(`the model uses operator set ${version}: export it with ${OLDEST_OPSET} or later`);
}

/**
 * Adds the model's inputs, stored tensors and nodes to `graph`, names kept.
 * Stored tensors that are also listed as inputs (as old files do) count as stored.
 */
export function importModel(graph: GraphBuilder, model: ModelProto, options: ImportOptions = {}): ImportedGraph {
  const opset = opsetOf(model);
  const source = model.graph;
  if (!source) throw new OnnxError('the model has no graph');
  if (model.functions?.length) throw new OnnxError('the model defines functions of its own: inline them first');
  if (source.sparseInitializer?.length) throw new OnnxError('the model stores sparse tensors: store them dense first');
  for (const needed of model.opsetImport) graph.requireOpset(needed);
  reserveNames(graph, source);
  const values = new Map<string, Value>();
  const stored = new Set(source.initializer.map(({ name }) => name));
  for (const input of source.input) {
    if (stored.has(input.name)) continue;
    const name = input.name ?? '';
    const type = typeOf(input, () => graph.names.symbol());
    const given = options.replaceInput?.(name, type);
    if (given) checkReplacement(name, type, given);
    values.set(name, given ?? graph.input(name, type.dtype, type.shape));
  }
  for (const tensor of source.initializer) {
    const type = storedType(tensor);
    values.set(tensor.name ?? '', options.replaceInitializer?.(tensor, type) ?? graph.storedTensor(tensor, type));
  }
  const declared = declaredTypes(graph, source);
  for (const node of source.node) importNode(graph, node, opset, values, declared, options);
  const outputs = source.output.map(({ name }) => lookUp(values, name ?? '', 'the graph gives out'));
  return { values, outputs };
}

function importNode(
  graph: GraphBuilder,
  proto: NodeProto,
  opset: number,
  values: Map<string, Value>,
  declared: Map<string, ValueType>,
  options: ImportOptions,
): void {
  const where = `node "${proto.name || proto.output[0]}" (${proto.opType})`;
  const given = proto.input.map((name) => (name === '' ? undefined : lookUp(values, name, `${where} reads`)));
  if (isStandard(proto.domain) && !operatorOf(proto.opType ?? '') && opset < OPSET) {
    throw new OnnxError(
      `${where}: it is not known whether this operator changed between operator sets ${opset} and ${OPSET}; export the model with set ${OPSET}`,
    );
  }
  const old = {
    proto,
    inputs: given,
    where,
    constant: (tensor: Parameters<GraphBuilder['constant']>[0]) => graph.constant(tensor),
  };
  const { proto: node, inputs } = isStandard(proto.domain) ? upgradeNode(old, opset) : old;
  const keep = () => {
    const kept = renamed(graph, node);
    for (const [index, name] of kept.output.entries()) {
      const type = declared.get(node.output[index]!);
      if (type) declared.set(name, type);
    }
    return graph.node(kept, inputs, declared);
  };
  const outputs = options.lower?.(node, inputs) ?? keep();
  for (const [index, name] of node.output.entries()) {
    const value = outputs[index];
    if (name !== '' && value) values.set(name, value);
  }
}

/** Outputs whose names the graph already has get new ones. A nested graph may read them by name, so such a model is refused instead. */
function renamed(graph: GraphBuilder, node: NodeProto): NodeProto {
  const nested = node.attribute.some(({ g, graphs }) => g ?? graphs?.length);
  if (nested || !node.output.some((name) => graph.names.has(name))) return node;
  return { ...node, output: node.output.map((name) => (graph.names.has(name) ? graph.names.free(name) : name)) };
}

function checkReplacement(name: string, type: ValueType, given: Value): void {
  const fits = given.dtype === type.dtype && given.shape.length === type.shape.length;
  const differs = given.shape.some((dim, axis) => isStatic([dim, type.shape[axis]!]) && dim !== type.shape[axis]);
  if (fits && !differs) return;
  throw new OnnxError(
    `the model's input "${name}" is ${type.dtype}${formatShape(type.shape)}: "${given.name}", ${given.dtype}${formatShape(given.shape)}, cannot take its place`,
  );
}

function lookUp(values: ReadonlyMap<string, Value>, name: string, what: string): Value {
  const value = values.get(name);
  if (value) return value;
  throw new OnnxError(`${what} "${name}", which no input, stored tensor or earlier node provides`);
}

/** New nodes must not take a name that a later node of the file has, or one inside a nested graph. */
function reserveNames(graph: GraphBuilder, source: GraphProto): void {
  for (const node of source.node) {
    for (const name of node.output) graph.names.reserve(name);
    for (const { g, graphs } of node.attribute) {
      if (g) reserveNames(graph, g);
      for (const nested of graphs ?? []) reserveNames(graph, nested);
    }
  }
}

function storedType(proto: TensorProto): ValueType {
  // Only small tensors are looked into: a backbone's weights stay as they are.
  if (proto.dataLocation !== 1 && elementCount(proto.dims) <= 64) return typeOfConstant(fromTensorProto(proto));
  return { dtype: dtypeOf(proto.dataType, `tensor "${proto.name}"`), shape: [...proto.dims] };
}

function declaredTypes(graph: GraphBuilder, source: GraphProto): Map<string, ValueType> {
  const types = new Map<string, ValueType>();
  for (const info of [...(source.valueInfo ?? []), ...source.output]) {
    if (info.type?.tensorType?.shape)
      types.set(
        info.name ?? '',
        typeOf(info, () => graph.names.symbol()),
      );
  }
  return types;
}

/** The type of a declared value. @throws OnnxError when it is no tensor, or has no known rank */
function typeOf(info: ValueInfoProto, symbol: () => string): ValueType {
  const what = `"${info.name}"`;
  const type = info.type?.tensorType;
  if (!type) throw new OnnxError(`${what} is not a tensor: sequences, maps and optional values are not supported`);
  if (!type.shape)
    throw new OnnxError(`${what} is declared without a shape: give it one, with symbols where extents vary`);
  const shape: Dim[] = type.shape.dim.map(({ dimValue, dimParam }) => dimValue ?? (dimParam || symbol()));
  return { dtype: dtypeOf(type.elemType, what), shape };
}
