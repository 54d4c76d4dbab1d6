import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../runtime/tensor.js';
import { float32, loadModel, numbers } from '../onnx/fixtures/run-model.js';
import { Arithmetic, GraphBuilder, type ModelProto } from '../onnx/index.js';
import { random, STREAMS } from '../random.js';
import { batchNormalizationOperator, batchNormalizationPrimitives } from './batch-normalization.js';

const WAYS = { operator: batchNormalizationOperator, primitives: batchNormalizationPrimitives };
type Way = keyof typeof WAYS;
const CHANNELS = 2;
const EPSILON = 1e-5;

/**
 * Two layers behind each other. Both feed on the same scale and bias, and something is computed from the statistics: values that leave the
 * graph as they are get memory of their own, and would hide that an operator writes over its inputs.
 */
function twoLayers(way: Way, shape: readonly (number | string)[]): ModelProto {
  const graph = new GraphBuilder('layers');
  const math = new Arithmetic(graph);
  const x = graph.input('x', 'float32', shape);
  const scale = graph.initializer('scale', float32([CHANNELS], [1.5, 0.5]));
  const bias = graph.initializer('bias', float32([CHANNELS], [0.25, -1]));
  for (const [name, from] of [['one', x] as const, ['two', math.mul(x, 3)] as const]) {
    const batch = WAYS[way](math, from, scale, bias, EPSILON);
    for (const [part, value] of Object.entries(batch)) graph.output(math.mul(value, 2), `${name}/${part}`);
  }
  return graph.toModel();
}

/** Output, mean and variance of x [N, C, S] times `factor`, in float64. */
function exact(x: Tensor, factor: number): Record<string, number[]> {
  const values = numbers(x).map((value) => value * factor);
  const size = values.length / (x.shape[0]! * CHANNELS);
  const channel = (place: number): number => Math.floor(place / size) % CHANNELS;
  const statistics = Array.from({ length: CHANNELS }, (_, wanted) => {
    const own = values.filter((__, place) => channel(place) === wanted);
    const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
    return { mean, variance: own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / own.length };
  });
  const output = values.map((value, place) => {
    const { mean, variance } = statistics[channel(place)]!;
    return ([1.5, 0.5][channel(place)]! * (value - mean)) / Math.sqrt(variance + EPSILON) + [0.25, -1][channel(place)]!;
  });
  return { output, mean: statistics.map(({ mean }) => mean), variance: statistics.map(({ variance }) => variance) };
}

function batch(shape: readonly number[], around = 0): Tensor<'float32'> {
  const draws = random(3, STREAMS.user);
  const count = shape.reduce((product, extent) => product * extent, 1);
  return float32(
    shape,
    Array.from({ length: count }, () => around + draws.normal()),
  );
}

function expectExact(results: Readonly<Record<string, Tensor>>, x: Tensor, digits: number): void {
  for (const [layer, factor] of [['one', 1] as const, ['two', 3] as const]) {
    for (const [part, expected] of Object.entries(exact(x, factor))) {
      const actual = numbers(results[`${layer}/${part}`]);
      expect(actual).toHaveLength(expected.length);
      for (const [place, value] of actual.entries()) expect(value / 2).toBeCloseTo(expected[place]!, digits);
    }
  }
}

const levels = ['disabled', 'basic', 'all'] as const;

describe.each(Object.keys(WAYS) as Way[])('batch normalisation by %s', (way) => {
  test.each(levels)('gives output, mean and variance of the batch, optimisation %s', async (level) => {
    for (const shape of [
      [5, CHANNELS],
      [5, CHANNELS, 6],
      [3, CHANNELS, 2, 4],
      [2, CHANNELS, 2, 3, 2],
    ]) {
      const x = batch(shape);
      const loaded = await loadModel(twoLayers(way, ['N', ...shape.slice(1)]), { graphOptimizationLevel: level });
      expectExact(await loaded.run({ x }), x, 4);
      await loaded.release();
    }
  });

  test.each(levels)('forgets a batch that was no number, optimisation %s', async (level) => {
    const x = batch([4, CHANNELS, 3]);
    const loaded = await loadModel(twoLayers(way, [4, CHANNELS, 3]), { graphOptimizationLevel: level });
    const broken = await loaded.run({ x: float32([4, CHANNELS, 3], new Float32Array(24).fill(Number.NaN)) });
    expect(numbers(broken['one/mean'])).toEqual([Number.NaN, Number.NaN]);
    expectExact(await loaded.run({ x }), x, 4);
    await loaded.release();
  });

  test('keeps the digits of a variance that is small beside the mean', async () => {
    const x = batch([16, CHANNELS, 9], 1000);
    const loaded = await loadModel(twoLayers(way, [16, CHANNELS, 9]));
    expectExact(await loaded.run({ x }), x, 2);
    await loaded.release();
  });
});
