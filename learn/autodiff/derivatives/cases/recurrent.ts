/**
 * Cases of the recurrent layers, two features and two hidden units each. The leading extent 3 is a symbol in the second variant: with the
 * batch first that is the number of rows.
 */
import type { Tensor } from '../../../../runtime/tensor.js';
import { int64 } from '../../../onnx/fixtures/run-model.js';
import type { Case, Input } from './case.js';
import { type DecomposedNode, decomposed } from './decomposed.js';

const SIZE = 2;
const GATES = { RNN: 1, GRU: 3, LSTM: 4 };

interface Layer {
  readonly attributes?: DecomposedNode['attributes'];
  readonly directions?: number;
  readonly steps?: number;
  readonly bias?: boolean;
  readonly initial?: boolean;
  readonly peephole?: boolean;
  readonly lengths?: readonly number[];
}

function layer(what: string, operator: keyof typeof GATES, options: Layer): Case {
  const { attributes, directions: D = 1, steps = 2, bias = true, initial, peephole, lengths } = options;
  const G = GATES[operator];
  const batchFirst = attributes?.['layout'] === 1;
  const rows = 3;
  const state = batchFirst ? [rows, D, SIZE] : [D, rows, SIZE];
  const shapes: (readonly number[] | undefined)[] = [
    batchFirst ? [rows, steps, SIZE] : [steps, rows, SIZE],
    [D, G * SIZE, SIZE],
    [D, G * SIZE, SIZE],
    bias ? [D, 2 * G * SIZE] : undefined,
    undefined,
    initial ? state : undefined,
    initial && operator === 'LSTM' ? state : undefined,
    peephole ? [D, 3 * SIZE] : undefined,
  ];
  const inputs: Input[] = [];
  const wiring = shapes.map((shape) => (shape ? inputs.push({ shape }) - 1 : undefined));
  const constants: Tensor[] = [];
  if (lengths) {
    wiring[4] = inputs.length;
    constants.push(int64([rows], lengths));
  }
  const node = {
    operator,
    wiring,
    outputs: operator === 'LSTM' ? [true, true, true] : [true, true],
    attributes: { hidden_size: SIZE, ...attributes },
  };
  return decomposed(what, node, inputs, constants);
}

export const RECURRENT_CASES: readonly Case[] = [
  layer('plain', 'RNN', { bias: false }),
  layer('both directions, from given states', 'RNN', {
    attributes: { direction: 'bidirectional' },
    directions: 2,
    initial: true,
  }),
  layer('in reverse, softsign', 'RNN', { attributes: { direction: 'reverse', activations: ['Softsign'] }, steps: 4 }),
  layer('batch first, of different lengths', 'RNN', {
    attributes: { layout: 1 },
    steps: 4,
    lengths: [4, 1, 2],
    initial: true,
  }),
  layer('plain', 'GRU', { bias: false }),
  layer('as PyTorch has it', 'GRU', { attributes: { linear_before_reset: 1 }, steps: 4, initial: true }),
  layer('both directions, batch first', 'GRU', {
    attributes: { direction: 'bidirectional', layout: 1, linear_before_reset: 1 },
    directions: 2,
    initial: true,
  }),
  layer('of different lengths', 'GRU', { steps: 4, lengths: [1, 4, 3], initial: true }),
  layer('plain', 'LSTM', { bias: false }),
  layer('from given states', 'LSTM', { steps: 4, initial: true }),
  layer('both directions, batch first', 'LSTM', {
    attributes: { direction: 'bidirectional', layout: 1 },
    directions: 2,
    initial: true,
  }),
  layer('of different lengths, in reverse', 'LSTM', {
    attributes: { direction: 'reverse' },
    steps: 4,
    lengths: [2, 4, 1],
  }),
  layer('with peepholes', 'LSTM', { peephole: true, initial: true, steps: 4 }),
  layer('input and forget gate coupled', 'LSTM', { attributes: { input_forget: 1 }, initial: true }),
  layer('clipped', 'LSTM', { attributes: { clip: 1.37 }, initial: true }),
  layer('other activations', 'LSTM', {
    attributes: {
      activations: ['HardSigmoid', 'ScaledTanh', 'Softplus'],
      activation_alpha: [0.3, 0.8],
      activation_beta: [0.5, 0.7],
    },
    initial: true,
  }),
  layer('more activations', 'LSTM', {
    attributes: {
      activations: ['Affine', 'Elu', 'LeakyRelu'],
      activation_alpha: [0.3, 0.7, 0.2],
      activation_beta: [0.1],
    },
  }),
  layer('the last activations', 'LSTM', {
    attributes: { activations: ['Sigmoid', 'ThresholdedRelu', 'Relu'], activation_alpha: [0.17] },
    initial: true,
  }),
];
