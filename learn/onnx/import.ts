/** Takes a model from a file into a builder, node by node, so that every value has a type and more can be built on it. */
import { type GraphBuilder, isStandard, OPSET } from './builder.js';
import { importControlFlow, isControlFlow } from './control-flow.js';
import { DeclaredTypes, storedType } from './declared-types.js';
import { OnnxError, tellingWhere } from './error.js';
import { flatten } from './flatten.js';
import { refuseExplosion } from './function-size.js';
import { freeName, type ImportOptions, type ImportScope, lookUp, nestedBudget, provide } from './import-scope.js';
import type { GraphProto, ModelProto, NodeProto } from './messages.js';
import { nestedGraphs, readInside } from './nested-graphs.js';
import { operatorOf } from './operators/index.js';
import { formatShape, isStatic } from './shape.js';
import { NEWEST_OPSET, OLDEST_OPSET, upgradeNode } from './upgrade.js';
import type { Value, ValueType } from './value.js';

export type { ImportOptions } from './import-scope.js';

/** Where the values of the model are in the graph that took it over. */
export interface ImportedGraph {
  /** Every value of the model by its name there. */
  readonly values: ReadonlyMap<string, Value>;
  /** The model's outputs, in order. They are not yet outputs of the builder. */
  readonly outputs: readonly Value[];
}

/**
 * The operator set of the standard operators that a model asks for.
 * @throws OnnxError when it is none, or later than the last one known
 */
export function opsetOf(model: ModelProto): number {
  const version = model.opsetImport.find(({ domain }) => isStandard(domain))?.version ?? OPSET;
  if (version >= OLDEST_OPSET && version <= NEWEST_OPSET) return version;
  throw new OnnxError(
    `the model uses operator set ${version}: export it with a set from ${OLDEST_OPSET} to ${NEWEST_OPSET}, best with ${OPSET}`,
  );
}

/**
 * Adds the model's inputs, stored tensors and nodes to `graph`, brought up to operator set 21 where they are older. Names stay
 * where the graph does not have them yet. Stored tensors that are also listed as inputs (as old files do) count as stored. A
 * node that cannot be taken over is left out where no output of the model depends on it.
 *
 * @throws OnnxError with the name of the node, and what to do, where the model is damaged or has what cannot be taken over
 */
export function importModel(graph: GraphBuilder, given: ModelProto, options: ImportOptions = {}): ImportedGraph {
  refuseExplosion(given);
  const model = flatten(given);
  const opset = opsetOf(model);
  const source = model.graph;
  if (!source) throw new OnnxError('the model has no graph');
  for (const needed of model.opsetImport) graph.requireOpset(needed);
  const types = new DeclaredTypes(graph.names);
  const scope: ImportScope = { graph, opset, types, values: new Map(), options, budget: nestedBudget(source) };
  reserveNames(graph, source);
  const stored = new Set(source.initializer.map(({ name }) => name));
  for (const input of source.input) {
    if (stored.has(input.name)) continue;
    const name = input.name ?? '';
    const type = types.input(input);
    const replacement = options.replaceInput?.(name, type);
    if (replacement) checkReplacement(name, type, replacement);
    provide(scope, name, replacement ?? graph.input(name, type.dtype, type.shape));
  }
  importGraph(scope, source);
  const outputs = source.output.map(({ name }) => lookUp(scope, name ?? '', 'the graph gives out'));
  return { values: scope.values, outputs };
}

/** Takes over the stored tensors and the nodes of a graph whose inputs are there. */
function importGraph(scope: ImportScope, source: GraphProto): void {
  const { graph, options } = scope;
  if (source.sparseInitializer?.length) throw new OnnxError('the model stores sparse tensors: store them dense first');
  for (const tensor of source.initializer) {
    const { name = '' } = tensor;
    const type = storedType(tensor);
    const kept = () => {
      const free = freeName(scope, name);
      return graph.storedTensor(free === name ? tensor : { ...tensor, name: free }, type);
    };
    provide(scope, name, (scope.outer ? undefined : options.replaceInitializer?.(tensor, type)) ?? kept());
  }
  const declared = scope.types.values(source);
  const needed = neededNodes(source);
  for (const node of source.node) {
    try {
      importNode(scope, source, node, declared);
    } catch (error) {
      // What no output depends on need not be understood: what reads it is left out as well.
      if (needed.has(node) || !(error instanceof OnnxError)) throw error;
    }
  }
}

function importNode(scope: ImportScope, source: GraphProto, proto: NodeProto, declared: Map<string, ValueType>): void {
  const { graph, opset, options, outer } = scope;
  const where = `node "${proto.name || proto.output[0]}" (${operatorName(proto)})`;
  const given = proto.input.map((name) => (name === '' ? undefined : lookUp(scope, name, `${where} reads`, source)));
  const old = { proto, inputs: given, where, graph };
  const {
    proto: node,
    inputs: present,
    finish,
  } = isStandard(proto.domain) ? upgradeNode(old, opset) : { ...old, finish: undefined };
  const inputs = (outer ? undefined : options.replaceInputs?.(node, present)) ?? present;
  const keep = () => {
    if (isControlFlow(node)) return importControlFlow(scope, node, inputs, where, importGraph);
    refuseUnknown(node, opset, where);
    const output = node.output.map((name) => (name === '' ? '' : freeName(scope, name)));
    for (const [index, name] of output.entries()) {
      const type = declared.get(node.output[index]!);
      if (type) declared.set(name, type);
    }
    return tellingWhere(where, () => graph.node({ ...node, output }, inputs, declared));
  };
  const made = (outer ? undefined : tellingWhere(where, () => options.lower?.(node, inputs))) ?? keep();
  const outputs = finish?.(made) ?? made;
  for (const [index, name] of proto.output.entries()) {
    const value = outputs[index];
    if (name !== '' && value) provide(scope, name, value);
  }
}

function operatorName({ domain, opType }: NodeProto): string {
  return domain ? `${domain}.${opType}` : `${opType}`;
}

function refuseUnknown(node: NodeProto, opset: number, where: string): void {
  if (node.domain === 'ai.onnx.ml') {
    throw new OnnxError(
      `${where}: operators of classical machine learning (ai.onnx.ml) have no place in a network that is trained; cut the model before it`,
    );
  }
  if (!isStandard(node.domain) || operatorOf(node.opType ?? '')) return;
  if (nestedGraphs(node).length > 0) throw new OnnxError(`${where}: graphs inside this operator are not supported`);
  if (opset >= OPSET) return;
  throw new OnnxError(
    `${where}: it is not known whether this operator changed between operator sets ${opset} and ${OPSET}; export the model with set ${OPSET}`,
  );
}

/** The nodes that an output depends on. */
function neededNodes(source: GraphProto): ReadonlySet<NodeProto> {
  const names = new Set(source.output.map(({ name }) => name ?? ''));
  const needed = new Set<NodeProto>();
  for (const node of source.node.toReversed()) {
    if (!node.output.some((name) => name !== '' && names.has(name))) continue;
    needed.add(node);
    for (const name of node.input) names.add(name);
    readInside(node, names);
  }
  return needed;
}

function checkReplacement(name: string, type: ValueType, given: Value): void {
  const fits = given.dtype === type.dtype && given.shape.length === type.shape.length;
  const differs = given.shape.some((dim, axis) => isStatic([dim, type.shape[axis]!]) && dim !== type.shape[axis]);
  if (fits && !differs) return;
  throw new OnnxError(
    `the model's input "${name}" is ${type.dtype}${formatShape(type.shape)}: "${given.name}", ${given.dtype}${formatShape(given.shape)}, cannot take its place`,
  );
}

/** New nodes must not take a name that a later node of the file has, or one inside a nested graph. */
function reserveNames(graph: GraphBuilder, source: GraphProto): void {
  for (const { name } of [...source.input, ...source.initializer]) graph.names.reserve(name ?? '');
  for (const node of source.node) {
    for (const name of node.output) graph.names.reserve(name);
    for (const nested of nestedGraphs(node)) reserveNames(graph, nested);
  }
}
