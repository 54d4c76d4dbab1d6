/** Recurrent networks: a layer that reads a sequence step by step. */
import type { AttributeSpecs } from '../attributes.js';
import type { Dim } from '../shape.js';
import type { ValueType } from '../value.js';
import type { Operator, OperatorCall, OperatorTable } from './operator.js';

const SHARED: AttributeSpecs = {
  activation_alpha: { kind: 'floats' },
  activation_beta: { kind: 'floats' },
  activations: { kind: 'strings' },
  clip: { kind: 'float' },
  direction: { kind: 'string', default: 'forward' },
  hidden_size: { kind: 'int' },
  layout: { kind: 'int', default: 0 },
};

const DIRECTIONS: Readonly<Record<string, number>> = { forward: 1, reverse: 1, bidirectional: 2 };

function same(a: Dim, b: Dim): boolean {
  return a === b || typeof a !== 'number' || typeof b !== 'number';
}

/** The shape of one input as the operator defines it; left out is fine. */
function expect(call: OperatorCall, index: number, what: string, shape: readonly Dim[]): void {
  const value = call.inputs[index];
  if (!value) return;
  const fits = value.shape.length === shape.length && value.shape.every((dim, axis) => same(dim, shape[axis]!));
  if (!fits) call.fail(`${what} must have the shape [${shape.join(', ')}]`);
}

/**
 * Outputs: all hidden states [T, D, N, H], and [D, N, H] for the last of each state; D is the number of directions. With layout 1
 * the batch comes first.
 */
function layer(call: OperatorCall, gates: number, states: number): ValueType[] {
  const { attributes } = call;
  const x = call.input(0);
  if (x.shape.length !== 3) call.fail('the sequence must have rank 3');
  const batchFirst = attributes.number('layout') !== 0;
  const [steps, batch] = batchFirst ? [x.shape[1]!, x.shape[0]!] : [x.shape[0]!, x.shape[1]!];
  const direction = attributes.text('direction');
  const directions = Object.hasOwn(DIRECTIONS, direction) ? DIRECTIONS[direction]! : undefined;
  if (directions === undefined) return call.fail(`there is no direction "${direction}"`);
  const recurrent = call.input(2).shape;
  if (recurrent.length !== 3) call.fail('R must have rank 3: [directions, gates * hidden, hidden]');
  const hidden = attributes.has('hidden_size') ? attributes.number('hidden_size') : recurrent.at(-1)!;
  if (typeof hidden === 'number' && hidden < 1) call.fail(`hidden_size is ${hidden}`);
  const times = (factor: number): Dim => (typeof hidden === 'number' ? factor * hidden : call.symbol());
  expect(call, 1, 'W', [directions, times(gates), x.shape[2]!]);
  expect(call, 2, 'R', [directions, times(gates), hidden]);
  expect(call, 3, 'B', [directions, times(2 * gates)]);
  expect(call, 4, 'sequence_lens', [batch]);
  const last: Dim[] = batchFirst ? [batch, directions, hidden] : [directions, batch, hidden];
  for (let state = 0; state < states; state++) expect(call, 5 + state, 'an initial state', last);
  if (states === 2) expect(call, 7, 'P', [directions, times(3)]);
  for (const index of [1, 2, 3, 5, 6, 7])
    if (call.inputs[index] && call.inputs[index].dtype !== x.dtype)
      call.fail(`input ${index} must have the element type of the sequence`);
  const { dtype } = x;
  const all = batchFirst ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden];
  return [{ dtype, shape: all }, ...Array.from({ length: states }, () => ({ dtype, shape: last }))];
}

const row = (gates: number, states: number, most: number, attributes: AttributeSpecs): Operator => ({
  inputs: [3, most],
  attributes: { ...SHARED, ...attributes },
  infer: (call) => layer(call, gates, states),
});

export const RECURRENT: OperatorTable = {
  RNN: row(1, 1, 6, {}),
  GRU: row(3, 1, 6, { linear_before_reset: { kind: 'int', default: 0 } }),
  LSTM: row(4, 2, 8, { input_forget: { kind: 'int', default: 0 } }),
};
