import { describe, expect, test } from 'vitest';
import { cnn } from '../models/index.js';
import { float32, numbers, runModel } from '../onnx/fixtures/run-model.js';
import { GraphBuilder, type ModelProto } from '../onnx/index.js';
import { batchOf, train } from './fixtures/steps.js';
import { trainingGraph, withParameters } from './index.js';

/** x [N, 3] -> batch normalisation -> logits [N, 2]. In training mode as PyTorch writes it, the next statistics given out. */
function network(trainingMode = false, features: number | string = 3): ModelProto {
  const graph = new GraphBuilder('normalised');
  const x = graph.input('x', 'float32', ['N', features]);
  const vector = (name: string, values: number[]) => graph.initializer(name, float32([3], values));
  const inputs = [
    x,
    vector('norm.weight', [1, 2, 0.5]),
    vector('norm.bias', [0, 1, -1]),
    vector('norm.running_mean', [0.1, 0.2, 0.3]),
    vector('norm.running_var', [1, 2, 3]),
  ];
  const [normal] = trainingMode
    ? graph.ops('BatchNormalization', inputs, { training_mode: 1 }, 3)
    : graph.ops('BatchNormalization', inputs, {}, 1);
  const weight = graph.initializer('head.weight', float32([2, 3], [1, -1, 0.5, 0.25, 2, -2]));
  graph.output(graph.op('Gemm', [normal!, weight], { transB: 1 }), 'logits');
  return graph.toModel();
}

const loss = { type: 'cross_entropy' } as const;
const optimizer = { type: 'sgd' } as const;
const { x, labels } = batchOf([8, 3], 2, 3);

describe('batch normalisation in training', () => {
  test('uses the batch, and moves the running statistics to its mean and unbiased variance', async () => {
    const graph = trainingGraph({ model: network(), loss, optimizer });
    const roles = Object.fromEntries(graph.state.map(({ name, role }) => [name, role]));
    expect(roles).toEqual({
      'norm.weight': 'parameter',
      'norm.bias': 'parameter',
      'head.weight': 'parameter',
      'norm.running_mean': 'statistic',
      'norm.running_var': 'statistic',
    });
    const { state, outputs } = await train(graph, [{ x, labels, rate: 0 }]);
    for (const channel of [0, 1, 2]) {
      const column = numbers(x).filter((_, index) => index % 3 === channel);
      const mean = column.reduce((sum, value) => sum + value, 0) / 8;
      const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 7;
      const [oldMean, oldVariance] = [[0.1, 0.2, 0.3][channel]!, [1, 2, 3][channel]!];
      expect(numbers(state['norm.running_mean'])[channel]).toBeCloseTo(0.9 * oldMean + 0.1 * mean, 6);
      expect(numbers(state['norm.running_var'])[channel]).toBeCloseTo(0.9 * oldVariance + 0.1 * variance, 6);
    }
    // What the same network gives with the batch's own (biased) statistics as the stored ones.
    const columns = [0, 1, 2].map((channel) => numbers(x).filter((_, index) => index % 3 === channel));
    const means = columns.map((column) => column.reduce((sum, value) => sum + value, 0) / 8);
    const variances = columns.map((column, c) => column.reduce((sum, value) => sum + (value - means[c]!) ** 2, 0) / 8);
    const same = withParameters(network(), {
      'norm.running_mean': float32([3], means),
      'norm.running_var': float32([3], variances),
    });
    const { logits } = await runModel(same, { x });
    for (const [index, value] of numbers(outputs['logits']).entries())
      expect(value).toBeCloseTo(numbers(logits)[index]!, 4);
  });

  test.each([
    ['a layer of which nothing is trained', { trainable: ['head.weight'] }],
    ['every layer, where it is asked for', { batchStatistics: 'none' as const }],
    ['a frozen layer of a file in training mode', { trainable: ['head.weight'], model: network(true) }],
    ['every layer of a file in training mode', { batchStatistics: 'none' as const, model: network(true) }],
  ])('leaves the stored statistics to %s', async (_, more) => {
    const graph = trainingGraph({ model: network(), loss, optimizer, ...more });
    expect(graph.state.filter(({ role }) => role === 'statistic')).toEqual([]);
    const { outputs } = await train(graph, [{ x, labels, rate: 0 }]);
    const { logits } = await runModel(network(), { x });
    for (const [index, value] of numbers(outputs['logits']).entries())
      expect(value).toBeCloseTo(numbers(logits)[index]!, 5);
  });

  test('is refused where a channel has one value in every batch', () => {
    const build = (batch?: number) => () =>
      trainingGraph({ model: network(), loss, optimizer, ...(batch !== undefined && { batch }) });
    expect(build(1)).toThrow(/BatchNormalization\): its input \[1, 3\] has one value for each channel.*2 rows or more/);
    expect(build(2)).not.toThrow();
    expect(build()).not.toThrow();
    const frozen = () => trainingGraph({ model: network(), loss, optimizer, batch: 1, trainable: ['head.weight'] });
    expect(frozen).not.toThrow();
  });

  test('takes a batch of one image, whose channels have many values', () => {
    const image = cnn({ channels: 1, size: [2, 2], widths: [2], batchNorm: true, classes: 2, seed: 1 });
    expect(() => trainingGraph({ model: image, loss, optimizer, batch: 1 })).not.toThrow();
  });

  test('knows the channels from the scale where the shape of the input does not tell them', async () => {
    const graph = trainingGraph({ model: network(false, 'C'), loss, optimizer });
    const { state } = await train(graph, [{ x, labels }]);
    const { state: expected } = await train(trainingGraph({ model: network(), loss, optimizer }), [{ x, labels }]);
    expect(numbers(state['norm.running_var'])).toEqual(numbers(expected['norm.running_var']));
  });

  test('refuses to train a running statistic by gradients', () => {
    const build = () => trainingGraph({ model: network(), loss, optimizer, trainable: ['norm.running_var'] });
    expect(build).toThrow(/"norm.running_var" is a running statistic/);
  });

  test('moves no statistic in a step whose gradients overflow', async () => {
    const graph = trainingGraph({ model: network(), loss, optimizer, precision: 'mixed' });
    const huge = float32([8, 3], new Array(24).fill(Number.POSITIVE_INFINITY));
    const { state } = await train(graph, [{ x: huge, labels }]);
    expect(numbers(state['norm.running_var'])).toEqual([1, 2, 3]);
    expect(state['skipped_steps']!.data).toEqual(BigInt64Array.of(1n));
  });
});
