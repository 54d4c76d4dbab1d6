import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../runtime/tensor.js';
import { cnn, mlp } from '../models/index.js';
import { float32, numbers } from '../onnx/fixtures/run-model.js';
import { GraphBuilder } from '../onnx/index.js';
import { batchOf, firstDifference, type State, startOf, stepper, train } from './fixtures/steps.js';
import { type TrainingGraphOptions, trainingGraph } from './index.js';

const options = (more: Partial<TrainingGraphOptions> = {}): TrainingGraphOptions => ({
  model: mlp({ features: 16, hidden: [96, 96, 96], classes: 3, seed: 4 }),
  loss: { type: 'cross_entropy' },
  optimizer: { type: 'adam' },
  ...more,
});
const batches = Array.from({ length: 30 }, (_, index) => ({ ...batchOf([24, 16], 3, index % 4), rate: 0.003 }));

/** The graph of a GPU, which the CPU provider can run as well: it computes float16 in float32 and rounds. */
const gpu = () => trainingGraph(options({ precision: 'mixed', provider: 'webgpu' }));
const cpu = () => trainingGraph(options({ precision: 'mixed' }));

describe.each([
  ['that keeps activations in float16', cpu, 'cpu'],
  ['that computes products in float16', gpu, 'webgpu'],
] as const)('mixed precision %s', (_, build, provider) => {
  test('learns as float32 does', async () => {
    const whole = await train(trainingGraph(options()), batches);
    const mixed = await train(build(), batches);
    expect(mixed.losses[0]).toBeCloseTo(whole.losses[0]!, 2);
    expect(mixed.loss).toBeLessThan(0.7 * mixed.losses[0]!);
    expect(Math.abs(mixed.loss - whole.loss)).toBeLessThan(0.1);
    expect(mixed.state['skipped_steps']!.data).toEqual(BigInt64Array.of(0n));
  });

  test('keeps weights and moments in float32', () => {
    const types = build()
      .state.filter(({ role }) => role === 'parameter' || role === 'moment')
      .map(({ dtype }) => dtype);
    expect(new Set(types)).toEqual(new Set(['float32']));
  });

  test('skips a step whose gradients overflow, counts it, and halves the scale', async () => {
    const loaded = await stepper(build());
    const first = await loaded.step(startOf(loaded.graph), batches[0]!);
    // A scale at which the gradients leave float32: as if the loss had been multiplied beyond what can be held.
    const state: State = { ...first.state, loss_scale: float32([], [3e38]) };
    const overflowed = await loaded.step(state, { ...batches[1]!, x: float32([24, 16], new Array(384).fill(1e4)) });
    expect(overflowed.state['skipped_steps']!.data).toEqual(BigInt64Array.of(1n));
    expect(numbers(overflowed.state['loss_scale'])).toEqual([Math.fround(Math.fround(3e38) * 0.5)]);
    expect(overflowed.state['good_steps']!.data).toEqual(BigInt64Array.of(0n));
    const untouched = loaded.graph.state.filter(({ role }) => ['parameter', 'moment', 'step'].includes(role));
    const of = (all: State) => Object.fromEntries(untouched.map(({ name }) => [name, all[name]!]));
    expect(firstDifference(of(overflowed.state), of(state))).toBeUndefined();

    const next = await loaded.step({ ...overflowed.state, loss_scale: float32([], [1024]) }, batches[2]!);
    expect(next.state['skipped_steps']!.data).toEqual(BigInt64Array.of(1n));
    expect(firstDifference(of(next.state), of(state))).toBeDefined();
    await loaded.release();
  });

  test('skips it also where clipping by value would make an infinite gradient finite', async () => {
    const clipped = options({ precision: 'mixed', clipValue: 0.5, clipNorm: 1, provider });
    const loaded = await stepper(trainingGraph(clipped));
    const start: State = { ...startOf(loaded.graph), loss_scale: float32([], [3e38]) };
    const { state, outputs } = await loaded.step(start, {
      ...batches[1]!,
      x: float32([24, 16], new Array(384).fill(1e4)),
    });
    expect(state['skipped_steps']!.data).toEqual(BigInt64Array.of(1n));
    expect(numbers(outputs[loaded.graph.outputs.gradientNorm!])[0]).not.toBeLessThan(Number.POSITIVE_INFINITY);
    const weight = loaded.graph.state.find(({ role }) => role === 'parameter')!.name;
    expect(state[weight]!.data).toEqual(start[weight]!.data);
    await loaded.release();
  });

  test('doubles the scale after 2,000 steps without an overflow', async () => {
    const loaded = await stepper(build());
    const start = {
      ...startOf(loaded.graph),
      good_steps: { dtype: 'int64', shape: [], data: BigInt64Array.of(1999n) } as const,
    };
    const { state } = await loaded.step(start, batches[0]!);
    expect(numbers(state['loss_scale'])).toEqual([2 ** 17]);
    expect(state['good_steps']!.data).toEqual(BigInt64Array.of(0n));
    await loaded.release();
  });
});

test('on the CPU the loss of the first step is that of float32 to the bit', async () => {
  const [whole, mixed] = [
    await train(trainingGraph(options()), batches.slice(0, 1)),
    await train(cpu(), batches.slice(0, 1)),
  ];
  expect(mixed.loss).toBe(whole.loss);
});

test.each(['float64', 'float16'] as const)('a network in %s is refused: its weights would not be float32', (dtype) => {
  const graph = new GraphBuilder('linear');
  const x = graph.input('x', dtype, ['N', 2]);
  const data = dtype === 'float64' ? new Float64Array(4) : new Uint16Array(4);
  graph.output(graph.op('MatMul', [x, graph.initializer('w', { dtype, shape: [2, 2], data } as Tensor)]), 'y');
  const model = graph.toModel();
  expect(() => trainingGraph(options({ model, precision: 'mixed' }))).toThrow(
    `mixed precision keeps weights in float32, and "w" holds ${dtype}`,
  );
  expect(trainingGraph(options({ model })).precision).toBe(dtype);
});

test('finds the maximum of a window again when what it read was rounded, and what it gave was too small to be', async () => {
  const model = cnn({ channels: 1, size: [5, 6], classes: 2, widths: [8, 16], seed: 3 });
  const graph = trainingGraph(options({ model, optimizer: { type: 'sgd' }, precision: 'mixed' }));
  const plain = trainingGraph(options({ model, optimizer: { type: 'sgd' } }));
  const batch = { ...batchOf([24, 1, 5, 6], 2, 1), rate: 0.1 };
  const [rounded, exact] = [await train(graph, [batch]), await train(plain, [batch])];
  expect(rounded.state['skipped_steps']!.data).toEqual(BigInt64Array.of(0n));
  for (const [name, tensor] of Object.entries(exact.state)) {
    const values = numbers(rounded.state[name]);
    for (const [index, value] of numbers(tensor).entries()) expect(values[index], name).toBeCloseTo(value, 3);
  }
});
