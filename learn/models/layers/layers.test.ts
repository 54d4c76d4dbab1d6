import { describe, expect, test } from 'vitest';
import { float32, int64, numbers, runModel } from '../../onnx/fixtures/run-model.js';
import { fromTensorProto, type ModelProto } from '../../onnx/index.js';
import { Network } from '../network.js';
import {
  batchNorm,
  convolution,
  embedding,
  layerNorm,
  linear,
  maxPool,
  residualBlock,
  selfAttention,
  squeezeExcitation,
} from './index.js';

function stored(model: ModelProto, name: string): number[] {
  return numbers(fromTensorProto(model.graph!.initializer.find((tensor) => tensor.name === name)!));
}

const shapesOf = (model: ModelProto) =>
  Object.fromEntries(model.graph!.initializer.map(({ name, dims }) => [name, [...dims]]));

describe('a convolution', () => {
  test.each([
    ['signals', [1, 4, 20], { outputs: 6, kernel: 5 }, [6, 4, 5], [1, 6, 16]],
    ['images', [1, 4, 9, 8], { outputs: 6, kernel: 3, stride: 2, padding: 1 }, [6, 4, 3, 3], [1, 6, 5, 4]],
    [
      'volumes',
      [1, 2, 5, 5, 5],
      { outputs: 2, kernel: [1, 3, 3], padding: [0, 1, 1] },
      [2, 2, 1, 3, 3],
      [1, 2, 5, 5, 5],
    ],
    ['groups', [1, 4, 6, 6], { outputs: 8, kernel: 3, groups: 4, dilation: 2 }, [8, 1, 3, 3], [1, 8, 2, 2]],
  ] as const)('of %s has PyTorch’s shapes', async (_, shape, options, weight, output) => {
    const network = new Network('one', 1);
    const x = network.input('x', shape);
    const model = network.finish(convolution(network, 'conv', x, options));
    expect(shapesOf(model)).toEqual({ 'conv.weight': weight, 'conv.bias': [options.outputs] });
    const size = shape.reduce((product: number, extent) => product * extent, 1);
    const results = await runModel(model, { x: float32(shape, new Float32Array(size).fill(1)) });
    expect(results['conv.output']!.shape).toEqual(output);
  });

  test('draws weight and bias uniformly within 1 / sqrt(fan_in), as nn.Conv2d does', () => {
    const network = new Network('one', 1);
    const x = network.input('x', ['N', 16, 4, 4]);
    const model = network.finish(convolution(network, 'conv', x, { outputs: 64, kernel: 3 }));
    for (const name of ['conv.weight', 'conv.bias']) {
      const largest = Math.max(...stored(model, name).map(Math.abs));
      expect(largest).toBeLessThanOrEqual(1 / 12);
      expect(largest).toBeGreaterThan(0.9 / 12);
    }
  });

  test.each([
    [
      'channels that do not fall into the groups',
      { outputs: 6, kernel: 3, groups: 4 },
      /6 output channels .* 4 equal groups/,
    ],
    ['a kernel of another rank', { outputs: 4, kernel: [3] }, /2 spatial axes, and \[3\] has 1/],
  ])('refuses %s', (_, options, message) => {
    const network = new Network('one', 1);
    const x = network.input('x', ['N', 4, 8, 8]);
    expect(() => convolution(network, 'conv', x, options)).toThrow(message);
  });
});

test('a layer whose parameters need an extent says which one is missing', () => {
  const network = new Network('one', 1);
  const x = network.input('x', ['N', 'F']);
  expect(() => linear(network, 'fc', x, { outputs: 2 })).toThrow(/"fc" needs to know extent 1 .* \[N, F\]/);
});

test('batch normalisation begins as the identity, but for epsilon', async () => {
  const network = new Network('one', 1);
  const model = network.finish(batchNorm(network, 'bn', network.input('x', ['N', 2, 2]), { epsilon: 0.001 }));
  expect(shapesOf(model)).toEqual({ 'bn.weight': [2], 'bn.bias': [2], 'bn.running_mean': [2], 'bn.running_var': [2] });
  const results = await runModel(model, { x: float32([1, 2, 2], [1, -2, 3, 4]) });
  const values = numbers(results['bn.output']);
  for (const [index, value] of [1, -2, 3, 4].entries()) expect(values[index]).toBeCloseTo(value / Math.sqrt(1.001), 5);
});

test('layer normalisation brings each row to mean 0 and variance 1', async () => {
  const network = new Network('one', 1);
  const model = network.finish(layerNorm(network, 'norm', network.input('x', ['N', 3])));
  const results = await runModel(model, { x: float32([1, 3], [1, 2, 6]) });
  const deviation = Math.sqrt((4 + 1 + 9) / 3 + 1e-5);
  for (const [index, value] of [-2, -1, 3].entries())
    expect(numbers(results['norm.output'])[index]).toBeCloseTo(value / deviation, 5);
});

test('an embedding looks its vectors up', async () => {
  const network = new Network('one', 1);
  const indices = network.graph.input('x', 'int64', ['N', 2]);
  const model = network.finish(embedding(network, 'words', indices, { entries: 4, width: 3 }));
  const results = await runModel(model, { x: int64([1, 2], [3, 0]) });
  const weight = stored(model, 'words.weight');
  expect(numbers(results['words.output'])).toEqual([...weight.slice(9, 12), ...weight.slice(0, 3)]);
});

test('max pooling takes the largest of each window, and never the padding', async () => {
  const network = new Network('one', 1);
  const x = network.input('x', ['N', 1, 2, 2]);
  const model = network.finish(maxPool(network, 'pool', x, { kernel: 3, stride: 2, padding: 1 }));
  const results = await runModel(model, { x: float32([1, 1, 2, 2], [-4, -3, -2, -1]) });
  expect(numbers(results['pool.output'])).toEqual([-1]);
});

/** softmax(q k^T / sqrt(size)) v of one head, as plain loops. */
function attended(model: ModelProto, tokens: readonly (readonly number[])[]): number[][] {
  const width = tokens[0]!.length;
  const product = (weight: readonly number[], bias: readonly number[], row: number, x: readonly number[]) =>
    x.reduce((sum, value, column) => sum + value * weight[row * width + column]!, bias[row]!);
  const [weight, bias] = [stored(model, 'a.in_proj_weight'), stored(model, 'a.in_proj_bias')];
  const [outWeight, outBias] = [stored(model, 'a.out_proj.weight'), stored(model, 'a.out_proj.bias')];
  const project = (part: number) =>
    tokens.map((x) => Array.from({ length: width }, (_, row) => product(weight, bias, part * width + row, x)));
  const [queries, keys, values] = [project(0), project(1), project(2)];
  return queries.map((query) => {
    const scores = keys.map((key) => Math.exp(query.reduce((sum, q, i) => sum + q * key[i]!, 0) / Math.sqrt(width)));
    const whole = scores.reduce((sum, score) => sum + score, 0);
    const mixed = Array.from({ length: width }, (_, i) =>
      scores.reduce((sum, score, token) => sum + (score / whole) * values[token]![i]!, 0),
    );
    return Array.from({ length: width }, (_, row) => product(outWeight, outBias, row, mixed));
  });
}

test('self-attention of one head is softmax(q k^T / sqrt(d)) v, projected', async () => {
  const network = new Network('one', 1);
  const x = network.input('x', ['N', 2]);
  const model = network.finish(selfAttention(network, 'a', x, { heads: 1, tokens: 3 }));
  const tokens = [
    [1, -2],
    [0.5, 3],
    [-1, 1],
  ];
  const results = await runModel(model, { x: float32([3, 2], tokens.flat()) });
  for (const [index, value] of attended(model, tokens).flat().entries())
    expect(numbers(results['a.out_proj.output'])[index]).toBeCloseTo(value, 5);
});

test.each(['sigmoid', 'hard'] as const)('squeeze and excitation scales whole channels (%s)', async (gate) => {
  const network = new Network('one', 1);
  const x = network.input('x', ['N', 2, 1, 2]);
  const output = squeezeExcitation(network, 'se', x, { squeezed: 3, gate });
  const results = await runModel(network.finish(output), { x: float32([1, 2, 1, 2], [1, 2, 3, 5]) });
  const [a, b, c, d] = numbers(Object.values(results)[0]) as [number, number, number, number];
  expect(b / a).toBeCloseTo(2, 5);
  expect(d / c).toBeCloseTo(5 / 3, 5);
  expect(a).toBeGreaterThan(0);
  expect(a).toBeLessThan(1);
});

test.each([
  ['basic', 8, [1, 8, 4, 4], 2],
  ['bottleneck', 8, [1, 32, 4, 4], 3],
] as const)('a %s block of stride 2 halves the image', async (kind, width, shape, convolutions) => {
  const network = new Network('one', 1);
  const x = network.input('x', ['N', 4, 8, 8]);
  const model = network.finish(residualBlock(network, 'block', x, kind, { width, stride: 2 }));
  const names = Object.keys(shapesOf(model)).filter((name) => /conv\d\.weight/.test(name));
  expect(names.length).toBe(convolutions);
  expect(shapesOf(model)['block.downsample.0.weight']).toEqual([shape[1], 4, 1, 1]);
  const results = await runModel(model, { x: float32([1, 4, 8, 8], new Float32Array(256).fill(1)) });
  expect(Object.values(results)[0]!.shape).toEqual(shape);
});
