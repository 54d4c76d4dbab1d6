/** Each rule against its paper, written out, and against PyTorch. */
import { describe, expect, test } from 'vitest';
import { random } from '../random.js';
import { TRANSCRIPTIONS } from './fixtures/transcriptions.js';
import { updater } from './fixtures/updater.js';
import { OPTIMIZERS, type OptimizerSettings } from './index.js';
import { hyperParameters } from './settings.js';

function close(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual).toHaveLength(expected.length);
  for (const [index, value] of expected.entries())
    expect(Math.abs(actual[index]! - value)).toBeLessThan(tolerance * (1 + Math.abs(value)));
}

/** Every option of every rule once away from its default. */
const CASES: readonly OptimizerSettings[] = [
  { type: 'sgd' },
  { type: 'sgd', momentum: 0.9, weightDecay: 0.1 },
  { type: 'sgd', momentum: 0.9, dampening: 0.3 },
  { type: 'sgd', momentum: 0.7, dampening: 1 },
  { type: 'sgd', momentum: 0.8, nesterov: true, weightDecay: 0.01 },
  { type: 'adam' },
  { type: 'adam', beta1: 0, beta2: 0, epsilon: 1e-3 },
  { type: 'adam', beta1: 0.5, beta2: 0.6, epsilon: 1e-3, weightDecay: 0.1, amsgrad: true },
  { type: 'adamw', weightDecay: 0 },
  { type: 'adamw', beta2: 0.6, weightDecay: 0.2, amsgrad: true },
  { type: 'nadam' },
  { type: 'nadam', beta1: 0.8, beta2: 0.9, epsilon: 1e-4, momentumDecay: 0.5, weightDecay: 0.1 },
  { type: 'nadam', weightDecay: 0.1, decoupledWeightDecay: true },
  { type: 'nadam', asPyTorch1: true },
  { type: 'radam' },
  { type: 'radam', beta1: 0.7, beta2: 0.95, epsilon: 1e-4, weightDecay: 0.1 },
  { type: 'radam', weightDecay: 0.1, decoupledWeightDecay: true },
  // So short an average is never rectified.
  { type: 'radam', beta2: 0.5 },
  { type: 'radam', beta2: 0.6 },
  { type: 'adamax' },
  { type: 'adamax', beta1: 0.5, beta2: 0.7, epsilon: 1e-2, weightDecay: 0.1 },
  { type: 'rmsprop' },
  { type: 'rmsprop', alpha: 0.7, epsilon: 1e-2, momentum: 0.6, weightDecay: 0.1 },
  { type: 'rmsprop', alpha: 0.8, centered: true, epsilon: 1e-3 },
  { type: 'rmsprop', alpha: 0.8, centered: true, epsilon: 1e-3, momentum: 0.9 },
  { type: 'adagrad' },
  { type: 'adagrad', learningRateDecay: 0.3, initialAccumulator: 0.7, epsilon: 1e-3, weightDecay: 0.1 },
  { type: 'adadelta' },
  { type: 'adadelta', rho: 0.5, epsilon: 1e-3, weightDecay: 0.1 },
  { type: 'lion' },
  { type: 'lion', beta1: 0.6, beta2: 0.8, weightDecay: 0.3 },
  { type: 'lamb' },
  { type: 'lamb', beta1: 0.6, beta2: 0.8, epsilon: 1e-3, weightDecay: 0 },
];

describe('the step of an optimiser is that of its paper', () => {
  test.each(CASES)('%o', async (settings) => {
    const transcribe = TRANSCRIPTIONS[settings.type] as (hyper: object) => (typeof expected)[string]['take'];
    const draws = random(2026, 7, CASES.indexOf(settings));
    const vector = (count: number) => Array.from({ length: count }, () => draws.normal());
    // The second starts at zero, as a bias does, and has a gradient of zero at first.
    const start = { weight: vector(5), bias: [0, 0, 0] };
    const expected = Object.fromEntries(
      Object.entries(start).map(([name, values]) => {
        const take: (p: readonly number[], g: readonly number[], rate: number, t: number) => number[] = transcribe(
          hyperParameters(settings),
        );
        return [name, { values: values as readonly number[], take }];
      }),
    );
    const graph = await updater(settings, start);
    for (let t = 1; t <= 12; t++) {
      const gradients = { weight: vector(5), bias: t === 1 ? [0, 0, 0] : vector(3) };
      const rate = 0.1 / t;
      const parameters = await graph.step(gradients, rate);
      for (const [name, entry] of Object.entries(expected)) {
        entry.values = entry.take(entry.values, gradients[name as keyof typeof gradients], rate, t);
        close(parameters[name]!, entry.values, 1e-11);
      }
    }
    await graph.release();
  });

  test('and no optimiser is left out', () => {
    expect(new Set(CASES.map(({ type }) => type))).toEqual(new Set(OPTIMIZERS));
  });
});

const GRADIENTS = [
  [0.3, -1.2, 0],
  [0.1, 0.7, -2],
  [-0.4, 0.2, 1.5],
  [0.9, -0.3, 0.25],
  [0.05, 1.1, -0.6],
  [-0.7, 0.4, 0.8],
  [0.2, -0.9, 1.3],
  [1.4, 0.6, -0.1],
];

/** Where PyTorch 2.15 is after these gradients from (0.5, -1.5, 2), in float64. */
const TORCH: readonly [OptimizerSettings, learningRate: number, expected: readonly number[]][] = [
  [
    { type: 'sgd', momentum: 0.9, dampening: 0.3, weightDecay: 0.1 },
    0.05,
    [0.2815962538431364, -1.2550489340392876, 1.7781740486109265],
  ],
  [
    { type: 'sgd', momentum: 0.8, nesterov: true, weightDecay: 0.1 },
    0.05,
    [0.21483155926058892, -1.3720555069948304, 1.6410696299874072],
  ],
  [
    { type: 'adam', beta1: 0.8, beta2: 0.9, amsgrad: true, weightDecay: 0.1 },
    0.05,
    [0.32334236581746595, -1.4176358543320888, 1.9054463206474572],
  ],
  [
    { type: 'adamw', beta1: 0.8, beta2: 0.9, amsgrad: true, weightDecay: 0.1 },
    0.05,
    [0.3322055709745153, -1.4221085874461612, 1.9259374096633481],
  ],
  [
    { type: 'nadam', weightDecay: 0.1, momentumDecay: 0.1 },
    0.05,
    [0.35102965715187356, -1.4660509408917615, 1.8879423449035644],
  ],
  [
    { type: 'nadam', weightDecay: 0.1, decoupledWeightDecay: true },
    0.05,
    [0.35353537544202707, -1.4558931494307428, 1.8969312973080603],
  ],
  [
    { type: 'radam', weightDecay: 0.1, beta2: 0.95 },
    0.05,
    [0.4330190551650307, -1.3920335829619068, 2.0035231127024558],
  ],
  [
    { type: 'radam', weightDecay: 0.1, decoupledWeightDecay: true },
    0.05,
    [0.43499033768511425, -1.3740298234220083, 1.984689438328633],
  ],
  [{ type: 'adamax', weightDecay: 0.1 }, 0.05, [0.36627669416536973, -1.4175485947041135, 1.9325044811800176]],
  [
    { type: 'rmsprop', weightDecay: 0.1, momentum: 0.5, centered: true, alpha: 0.9 },
    0.05,
    [-0.04020839104614529, -1.3435464735388234, 1.517784067868021],
  ],
  [
    { type: 'adagrad', weightDecay: 0.1, learningRateDecay: 0.2, initialAccumulator: 0.5 },
    0.05,
    [0.45236729924981856, -1.4731673994473062, 1.9802117023113286],
  ],
  [{ type: 'adadelta', weightDecay: 0.1, rho: 0.8 }, 1, [0.49198214803956153, -1.4997548139099515, 1.992175414727126]],
];

describe('eight steps end where those of PyTorch end', () => {
  test.each(TORCH)('%o', async (settings, rate, expected) => {
    const graph = await updater(settings, { p: [0.5, -1.5, 2] });
    let last: readonly number[] = [];
    for (const gradient of GRADIENTS) last = (await graph.step({ p: gradient }, rate))['p']!;
    await graph.release();
    close(last, expected, 1e-12);
  });
});

describe('a step in float32', () => {
  test.each(CASES)('is that in float64, rounded: %o', async (settings) => {
    const start = { p: [0.5, -1.5, 2] };
    const [single, double] = [await updater(settings, start, { dtype: 'float32' }), await updater(settings, start)];
    for (const gradient of GRADIENTS) {
      const [ours, expected] = [await single.step({ p: gradient }, 0.01), await double.step({ p: gradient }, 0.01)];
      close(ours['p']!, expected['p']!, 2e-6);
    }
    await single.release();
    await double.release();
  });
});

test('a centred RMSprop survives a variance that rounding takes below zero', async () => {
  const graph = await updater({ type: 'rmsprop', alpha: 0.5, centered: true, epsilon: 1e-3 }, { p: [0] });
  let last: readonly number[] = [];
  for (let step = 0; step < 60; step++) last = (await graph.step({ p: [0.1] }, 1e-6))['p']!;
  await graph.release();
  expect(last.every(Number.isFinite)).toBe(true);
});

test('moments start where the settings say', async () => {
  const graph = await updater({ type: 'adagrad', initialAccumulator: 0.25 }, { p: [1, 2] });
  await graph.release();
  expect(graph.slots.find(({ role }) => role === 'moment')!.initial!.data).toEqual(Float64Array.of(0.25, 0.25));
});
