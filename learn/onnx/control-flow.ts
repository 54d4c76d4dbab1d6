/**
 * Nodes with graphs inside: If, Loop and Scan. The inner graphs are taken over as the outer one is, so that their nodes are brought
 * up to date, read values of the outer graph by the names that those have now, and tell the types of what they give out.
 */
import type { DType } from '../../runtime/tensor.js';
import { GraphBuilder, isStandard, type NodeInputs } from './builder.js';
import { OnnxError } from './error.js';
import { freeName, type ImportScope, lookUp } from './import-scope.js';
import { ATTRIBUTE_TYPES, type GraphProto, type NodeProto } from './messages.js';
import { type Dim, formatShape, normalAxis, sameShape } from './shape.js';
import type { Value, ValueType } from './value.js';

/** Takes over the stored tensors and the nodes of a graph whose inputs are there. */
type ImportGraph = (scope: ImportScope, source: GraphProto) => void;

/** A graph inside a node, taken over. */
interface Nested {
  readonly proto: GraphProto;
  readonly types: readonly ValueType[];
}

/** What a control-flow node becomes: the inner graphs by the attributes that hold them, and the types of the outputs. */
interface Taken {
  readonly graphs: Readonly<Record<string, GraphProto>>;
  readonly types: readonly ValueType[];
}

interface ControlCall {
  readonly node: NodeProto;
  readonly inputs: NodeInputs;
  /** Takes over the graph in an attribute, with inputs of these types. @throws OnnxError when there is none */
  nested(attribute: string, inputs: readonly ValueType[]): Nested;
  /** The extents that the inner graph declares for an input; `undefined` where it says nothing. */
  declaredShape(attribute: string, index: number): readonly Dim[] | undefined;
  input(index: number): Value;
  symbol(): string;
  fail(reason: string): never;
}

const OPERATORS: Readonly<Record<string, (call: ControlCall) => Taken>> = { If: branches, Loop: loop, Scan: scan };

export function isControlFlow(node: NodeProto): boolean {
  return isStandard(node.domain) && Object.hasOwn(OPERATORS, node.opType ?? '');
}

/** Adds the node to the graph of `scope`. @throws OnnxError where an inner graph is damaged, or types cannot be told */
export function importControlFlow(
  scope: ImportScope,
  node: NodeProto,
  inputs: NodeInputs,
  where: string,
  importGraph: ImportGraph,
): readonly (Value | undefined)[] {
  const { graphs, types } = OPERATORS[node.opType!]!(callOf(scope, node, inputs, where, importGraph));
  if (types.length < node.output.length)
    throw new OnnxError(`${where}: it has ${types.length} outputs, not ${node.output.length}`);
  const attribute = node.attribute.map((entry) => {
    const inner = Object.hasOwn(graphs, entry.name ?? '') ? graphs[entry.name!] : undefined;
    return inner ? { name: entry.name!, type: ATTRIBUTE_TYPES.graph, g: inner } : entry;
  });
  const output = node.output.map((name) => (name === '' ? '' : freeName(scope, name)));
  const declared = new Map(output.map((name, index) => [name, types[index]!]));
  return scope.graph.node({ ...node, attribute, output }, inputs, declared);
}

function callOf(
  scope: ImportScope,
  node: NodeProto,
  inputs: NodeInputs,
  where: string,
  importGraph: ImportGraph,
): ControlCall {
  const fail = (reason: string): never => {
    throw new OnnxError(`${where}: ${reason}`);
  };
  const graphIn = (attribute: string): GraphProto =>
    node.attribute.find(({ name }) => name === attribute)?.g ?? fail(`it has no graph "${attribute}"`);
  return {
    node,
    inputs,
    nested: (attribute, types) => {
      const scoped = `${node.name || node.output[0]}/${attribute}`;
      return importNested(scope, graphIn(attribute), types, scoped, importGraph, fail);
    },
    declaredShape: (attribute, index) => {
      const info = graphIn(attribute).input[index];
      return info && scope.types.shape(info);
    },
    input: (index) => inputs[index] ?? fail(`input ${index} is missing`),
    symbol: () => scope.graph.names.symbol(),
    fail,
  };
}

function importNested(
  outer: ImportScope,
  source: GraphProto,
  types: readonly ValueType[],
  scopeName: string,
  importGraph: ImportGraph,
  fail: ControlCall['fail'],
): Nested {
  if (source.input.length !== types.length)
    fail(`its graph "${source.name}" takes ${source.input.length} inputs, not ${types.length}`);
  outer.budget.nested -= 1;
  if (outer.budget.nested < 0) fail('the model has too many graphs inside graphs to find the types of their values');
  const graph = new GraphBuilder(source.name ?? 'nested');
  graph.names.continueSymbols(outer.graph.names);
  const scope: ImportScope = { ...outer, graph, values: new Map(), outer };
  return graph.names.within(scopeName, () => {
    for (const [index, { name = '' }] of source.input.entries()) {
      const { dtype, shape } = types[index]!;
      scope.values.set(name, graph.input(freeName(scope, name), dtype, shape));
    }
    importGraph(scope, source);
    const outputs = source.output.map(({ name = '' }) => {
      const value = lookUp(scope, name, `the graph "${source.name}" gives out`);
      // What stands outside becomes the inner graph's own by an Identity.
      return graph.output(graph.names.has(value.name) ? value : graph.op('Identity', [value]));
    });
    outer.graph.names.continueSymbols(graph.names);
    return { proto: graph.toModel().graph!, types: outputs.map(({ dtype, shape }) => ({ dtype, shape })) };
  });
}

/** What is true of a value that may be either: extents that differ are open. */
function either(call: ControlCall, one: ValueType, other: ValueType, what: string): ValueType {
  if (one.dtype !== other.dtype) call.fail(`${what} is ${one.dtype} or ${other.dtype}: it must have one element type`);
  if (one.shape.length !== other.shape.length)
    call.fail(`${what} is of shape ${formatShape(one.shape)} or ${formatShape(other.shape)}: its rank must be known`);
  return { dtype: one.dtype, shape: one.shape.map((dim, axis) => (dim === other.shape[axis] ? dim : call.symbol())) };
}

function branches(call: ControlCall): Taken {
  const [then, other] = [call.nested('then_branch', []), call.nested('else_branch', [])];
  if (then.types.length !== other.types.length) call.fail('its branches have different numbers of outputs');
  return {
    graphs: { then_branch: then.proto, else_branch: other.proto },
    types: then.types.map((type, index) => either(call, type, other.types[index]!, `output ${index}`)),
  };
}

/** Inputs: largest number of rounds, condition, state. The body: number of the round, condition, state -> condition, state, what is collected. */
function loop(call: ControlCall): Taken {
  const initial = call.inputs.slice(2).map((_, index) => call.input(index + 2));
  const scalar = (dtype: DType): ValueType => ({ dtype, shape: [] });
  const count = initial.length;
  let state: ValueType[] = initial.map(({ dtype, shape }, index) => {
    const declared = call.declaredShape('body', index + 2);
    // A body that declares an open extent may be given another one in each round.
    const open =
      declared?.length === shape.length
        ? shape.map((dim, axis) => (dim === declared[axis] ? dim : call.symbol()))
        : shape;
    return { dtype, shape: open };
  });
  // Each turn leaves more extents open, so it ends.
  for (;;) {
    const body = call.nested('body', [scalar('int64'), scalar('bool'), ...state]);
    if (body.types.length <= count)
      call.fail(`its body gives out ${body.types.length} values for ${count + 1} or more`);
    const next = state.map((type, index) => settled(call, type, initial[index]!, body.types[index + 1]!, index));
    if (next.every((type, index) => sameShape(type.shape, state[index]!.shape))) {
      const collected = body.types
        .slice(count + 1)
        .map(({ dtype, shape }) => ({ dtype, shape: [call.symbol(), ...shape] }));
      return { graphs: { body: body.proto }, types: [...state, ...collected] };
    }
    state = next;
  }
}

/** The type of a loop's state that holds at the start and after every round; an extent that is open stays so. */
function settled(call: ControlCall, type: ValueType, initial: ValueType, after: ValueType, index: number): ValueType {
  const known = either(call, initial, after, `its state ${index}`);
  const shape = type.shape.map((dim, axis) => (dim === initial.shape[axis] ? known.shape[axis]! : dim));
  return { dtype: type.dtype, shape };
}

/** Inputs: state, what is run over. The body: state, one slice of each -> state, one slice of each result. */
function scan(call: ControlCall): Taken {
  const integers = (name: string): number[] =>
    (call.node.attribute.find((entry) => entry.name === name)?.ints ?? []).map(Number);
  const sliced = Number(call.node.attribute.find(({ name }) => name === 'num_scan_inputs')?.i ?? 0n);
  const values = call.inputs.map((_, index) => call.input(index));
  const count = values.length - sliced;
  if (sliced < 1 || count < 0) call.fail(`it runs over ${sliced} of ${values.length} inputs`);
  const axisOf = (name: string, index: number, rank: number): number =>
    normalAxis(integers(name)[index] ?? 0, rank) ?? call.fail(`${name} names an axis that does not exist`);
  let length: Dim | undefined;
  const slices = values.slice(count).map(({ dtype, shape }, index): ValueType => {
    const axis = axisOf('scan_input_axes', index, shape.length);
    length ??= shape[axis];
    return { dtype, shape: shape.toSpliced(axis, 1) };
  });
  const state = values.slice(0, count).map(({ dtype, shape }): ValueType => ({ dtype, shape }));
  const body = call.nested('body', [...state, ...slices]);
  if (body.types.length < count) call.fail(`its body gives out ${body.types.length} values for ${count} or more`);
  const collected = body.types.slice(count).map(({ dtype, shape }, index) => {
    return { dtype, shape: shape.toSpliced(axisOf('scan_output_axes', index, shape.length + 1), 0, length!) };
  });
  return { graphs: { body: body.proto }, types: [...state, ...collected] };
}
