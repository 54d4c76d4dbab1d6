/**
 * What RNN, GRU and LSTM share: the sequence is unrolled, step by step, over a length that must be known. One product
 * projects the inputs of all steps; only what depends on the state before is left to the steps.
 *
 * Sequences [T, N, I], or [N, T, I] with layout 1; T steps, N rows, I features, H hidden units, D directions, G gates.
 */
import type { Arithmetic, Value } from '../../onnx/index.js';
import type { DecompositionCall } from './decomposition.js';
import { type Activation, activationsOf } from './recurrent-activations.js';

/** The tensors of one direction. */
export interface DirectionTensors {
  readonly math: Arithmetic;
  /** H */
  readonly hidden: number;
  /** W [G H, I] */
  readonly input: Value;
  /** R [G H, H] */
  readonly recurrent: Value;
  /** [G H] each: that of the input's product, that of the state's. */
  readonly bias: { readonly input: Value; readonly recurrent: Value } | undefined;
  /** P [3 H] */
  readonly peephole: Value | undefined;
  readonly activations: readonly Activation[];
  /** Bounds what goes into an activation. */
  readonly clip: (x: Value) => Value;
}

/** A product of the input that is taken for all steps at once: weight [K, I], bias [K]. */
export interface Projection {
  readonly weight: Value;
  readonly bias: Value | undefined;
}

/** The rule of one direction. */
export interface Cell {
  readonly projections: readonly Projection[];
  /**
   * The states after a step; the first is the hidden state.
   * @param projected each projection at this step, [N, K]
   * @param states [N, H] each; `undefined` is zero
   */
  step(projected: readonly Value[], states: readonly (Value | undefined)[]): Value[];
}

export interface LayerRule {
  /** The activations of one direction where the node names none. */
  readonly activations: readonly string[];
  readonly states: number;
  cell(tensors: DirectionTensors): Cell;
}

interface Layout {
  readonly steps: number;
  readonly hidden: number;
  readonly directions: number;
  readonly batchFirst: boolean;
  /** [1]: the number of rows. */
  readonly rows: Value;
  readonly lengths: Value | undefined;
}

/** Writes all outputs of a recurrent layer: the hidden states of all steps, and each state after the last. */
export function recurrentLayer(call: DecompositionCall, rule: LayerRule): (Value | undefined)[] {
  const { math, attributes, wanted } = call;
  const layout = layoutOf(call);
  const { directions, batchFirst } = layout;
  const x = withoutPadding(math, call.input(0), layout);
  const tensors = directionTensors(call, rule, layout);
  const initial = Array.from({ length: rule.states }, (_, state) =>
    split(math, call.inputs[5 + state], directions, batchFirst ? 1 : 0),
  );
  const runs = tensors.map((direction, d) => {
    const backwards = attributes.text('direction') === 'reverse' || d === 1;
    const states = initial.map((parts) => parts[d]);
    return unrolled(math, rule.cell(direction), x, layout, states, backwards);
  });
  const sequence = wanted[0] ? [stacked(math, runs, layout)] : [undefined];
  const axis = batchFirst ? 1 : 0;
  const last = initial.map((_, state) => {
    if (!wanted[1 + state]) return undefined;
    return concat(
      math,
      runs.map(({ states }) => math.unsqueeze(states[state]!, [axis])),
      axis,
    );
  });
  return [...sequence, ...last];
}

/** Each step is some 40 nodes, forward and backward: what is longer would take minutes to build and to load. */
const MOST_STEPS = 10_000;

function layoutOf({ math, attributes, inputs, input, fail }: DecompositionCall): Layout {
  const batchFirst = attributes.number('layout') !== 0;
  const x = input(0);
  const steps = x.shape[batchFirst ? 1 : 0]!;
  if (typeof steps === 'number' && steps > MOST_STEPS)
    fail(
      `its sequence has ${steps} steps, and is unrolled step by step: cut sequences into pieces of at most ${MOST_STEPS}`,
    );
  if (typeof steps !== 'number' || steps === 0) {
    return fail(
      `its sequence has the length ${steps}: it is unrolled step by step, so export the model with a fixed sequence length` +
        ` (pad shorter sequences and give their lengths as sequence_lens)`,
    );
  }
  const hidden = attributes.has('hidden_size') ? attributes.number('hidden_size') : input(2).shape[2]!;
  if (typeof hidden !== 'number') return fail('the number of hidden units must be known: give hidden_size');
  const direction = attributes.text('direction');
  const directions = direction === 'bidirectional' ? 2 : 1;
  return { steps, hidden, directions, batchFirst, rows: math.extentOf(x, batchFirst ? 0 : 1), lengths: inputs[4] };
}

/** What stands behind the end of a sequence may be anything, NaN too: it must not reach a product, where 0 * NaN is NaN. */
function withoutPadding(math: Arithmetic, x: Value, { lengths, steps, batchFirst }: Layout): Value {
  if (!lengths) return x;
  return math.where(withinLengths(math, lengths, steps, batchFirst, 1), x, 0);
}

/** Whether each step is part of its row's sequence, with `extra` axes of 1: [T, N, 1] or [N, T, 1]. */
function withinLengths(math: Arithmetic, lengths: Value, steps: number, batchFirst: boolean, extra: number): Value {
  const ones = Array.from({ length: extra }, (_, place) => 2 + place);
  const rows = math.unsqueeze(math.cast(lengths, 'int64'), [batchFirst ? 1 : 0, ...ones]);
  const order = math.unsqueeze(math.integers([...Array(steps).keys()]), [batchFirst ? 0 : 1, ...ones]);
  return math.greater(rows, order);
}

function directionTensors(
  call: DecompositionCall,
  rule: LayerRule,
  { directions, hidden }: Layout,
): DirectionTensors[] {
  const { math, attributes, inputs } = call;
  const [weights, recurrent, biases, peepholes] = [call.input(1), call.input(2), inputs[3], inputs[7]].map((value) =>
    split(math, value, directions, 0),
  );
  const activations = activationsOf(call, rule.activations, directions);
  const limit = attributes.has('clip') ? attributes.number('clip') : 0;
  const clip = (x: Value) => {
    if (limit <= 0) return x;
    return math.graph.op('Clip', [x, math.scalar(-limit, x.dtype), math.scalar(limit, x.dtype)]);
  };
  return Array.from({ length: directions }, (_, d) => {
    const bias = biases![d];
    const [ofInput, ofState] = bias ? math.graph.ops('Split', [bias], { axis: 0, num_outputs: 2 }, 2) : [];
    return {
      math,
      hidden,
      input: weights![d]!,
      recurrent: recurrent![d]!,
      bias: ofInput && ofState && { input: ofInput, recurrent: ofState },
      peephole: peepholes![d],
      activations: activations[d]!,
      clip,
    };
  });
}

/** The part of each direction, without that axis. */
function split(math: Arithmetic, value: Value | undefined, directions: number, axis: number): (Value | undefined)[] {
  if (!value) return [];
  const parts =
    directions === 1 ? [value] : math.graph.ops('Split', [value], { axis, num_outputs: directions }, directions);
  return parts.map((part) => math.squeeze(part, [axis]));
}

interface Run {
  /** The hidden state [N, H] after every step, in the order of the sequence. */
  readonly hidden: readonly Value[];
  readonly states: readonly Value[];
}

function unrolled(
  math: Arithmetic,
  cell: Cell,
  x: Value,
  layout: Layout,
  initial: readonly (Value | undefined)[],
  backwards: boolean,
): Run {
  const projected = cell.projections.map((projection) => project(math, x, projection, layout));
  const order = Array.from({ length: layout.steps }, (_, step) => (backwards ? layout.steps - 1 - step : step));
  const hidden: Value[] = [];
  let states: readonly (Value | undefined)[] = initial;
  for (const step of order) {
    const next = cell.step(
      projected.map((parts) => parts[step]!),
      states,
    );
    states = layout.lengths ? held(math, layout.lengths, step, next, states) : next;
    hidden[step] = states[0]!;
  }
  return { hidden, states: states as readonly Value[] };
}

/** A row whose sequence does not reach this step keeps its states. */
function held(
  math: Arithmetic,
  lengths: Value,
  step: number,
  next: readonly Value[],
  before: readonly (Value | undefined)[],
): Value[] {
  const within = math.unsqueeze(math.greater(lengths, step), [1]);
  return next.map((state, index) => math.where(within, state, before[index] ?? 0));
}

/** x W^T + b for all steps in one product, then one [N, K] for each step. */
function project(math: Arithmetic, x: Value, { weight, bias }: Projection, layout: Layout): Value[] {
  const { graph } = math;
  const { steps, batchFirst, rows } = layout;
  const flat = graph.op('Reshape', [x, list(math, [-1, math.extentOf(x, 2)])]);
  const all = graph.op('Gemm', [flat, weight, bias], { transB: 1 });
  if (steps === 1) return [all];
  if (!batchFirst) return graph.ops('Split', [all], { axis: 0, num_outputs: steps }, steps);
  // The steps of a row lie side by side: each is a block of columns.
  const wide = graph.op('Reshape', [all, list(math, [rows, -1])]);
  return graph.ops('Split', [wide], { axis: 1, num_outputs: steps }, steps);
}

/** A shape that mixes numbers with extents [1] of the graph. */
function list(math: Arithmetic, parts: readonly (number | Value)[]): Value {
  const values = parts.map((part) => (typeof part === 'number' ? math.integers([part]) : part));
  const known = values.every(({ constant }) => constant);
  if (known) return math.integers(values.map(({ constant }) => Number(constant!.data[0])));
  return math.graph.op('Concat', values, { axis: 0 });
}

/** All hidden states [T, D, N, H], or [N, T, D, H] with the batch first; zeros behind the end of a sequence. */
function stacked(math: Arithmetic, runs: readonly Run[], layout: Layout): Value {
  const { graph } = math;
  const { steps, hidden, batchFirst, rows, lengths } = layout;
  const whole = runs.map((run) => {
    const joined = concat(math, run.hidden, batchFirst ? 1 : 0);
    const shape = batchFirst ? [rows, steps, 1, hidden] : [steps, 1, rows, hidden];
    return graph.op('Reshape', [joined, list(math, shape)]);
  });
  const all = concat(math, whole, batchFirst ? 2 : 1);
  if (!lengths) return all;
  const within = withinLengths(math, lengths, steps, batchFirst, 1);
  return math.where(math.unsqueeze(within, [batchFirst ? 2 : 1]), all, 0);
}

function concat(math: Arithmetic, parts: readonly Value[], axis: number): Value {
  return parts.length === 1 ? parts[0]! : math.graph.op('Concat', [...parts], { axis });
}
