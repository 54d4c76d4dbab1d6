import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../../runtime/tensor.js';
import { float32, int64, numbers, runModel } from '../../onnx/fixtures/run-model.js';
import { GraphBuilder, type ModelProto } from '../../onnx/index.js';
import { differentiate } from '../differentiate.js';

interface Case {
  readonly what: string;
  readonly reduction: 'none' | 'sum' | 'mean';
  readonly weight?: readonly number[];
  readonly ignored?: number;
  /** Places behind the classes. */
  readonly places?: number;
}

const CASES: readonly Case[] = [
  { what: 'the mean', reduction: 'mean' },
  { what: 'the sum', reduction: 'sum' },
  { what: 'each alone', reduction: 'none' },
  { what: 'a weighted mean', reduction: 'mean', weight: [1, 5, 0.5] },
  { what: 'the mean without one class', reduction: 'mean', ignored: 1 },
  { what: 'a weighted mean without an index that is no class', reduction: 'mean', weight: [1, 5, 0.5], ignored: -1 },
  { what: 'the mean over pixels', reduction: 'mean', places: 2, ignored: 2 },
  { what: 'a weighted sum over pixels', reduction: 'sum', places: 2, weight: [2, 3, 4] },
];

function lossModel(operator: string, { reduction, weight, ignored, places }: Case): ModelProto {
  const graph = new GraphBuilder('loss');
  const behind = places === undefined ? [] : [places];
  const scores = graph.input('scores', 'float32', ['N', 3, ...behind]);
  const target = graph.input('target', 'int64', ['N', ...behind]);
  const weights = weight && graph.constant(float32([3], weight));
  const attributes = { reduction, ...(ignored !== undefined && { ignore_index: ignored }) };
  graph.output(graph.op(operator, [scores, target, weights], attributes), 'y');
  return graph.toModel();
}

function feedsFor({ places, ignored }: Case): Record<string, Tensor> {
  const behind = places === undefined ? [] : [places];
  const count = 4 * (places ?? 1);
  const targets = Array.from({ length: count }, (_, index) =>
    ignored === -1 && index === 1 ? -1 : (2 * index + 1) % 3,
  );
  return {
    scores: float32(
      [4, 3, ...behind],
      Array.from({ length: 3 * count }, (_, index) => -1 - Math.abs(Math.sin(index + 1))),
    ),
    target: int64([4, ...behind], targets),
  };
}

describe.each(['NegativeLogLikelihoodLoss', 'SoftmaxCrossEntropyLoss'])('%s', (operator) => {
  test.each(CASES)('has the value and the slope of the operator: $what', async (row) => {
    const model = lossModel(operator, row);
    const feeds = feedsFor(row);
    const { y } = await runModel(model, feeds);
    const seed = float32(
      y!.shape,
      y!.data.length === 1 ? [1] : Array.from({ length: y!.data.length }, (_, index) => index + 1),
    );
    const results = await runModel(differentiate(model, { output: 'y', withRespectTo: ['scores'] }), {
      ...feeds,
      'grad/y': seed,
    });
    for (const [index, value] of numbers(y).entries()) expect(numbers(results['y'])[index]).toBeCloseTo(value, 5);
    const gradient = numbers(results['grad/scores']);
    const at = async (place: number, step: number) => {
      const data = Float32Array.from(feeds['scores']!.data as Float32Array);
      data[place]! += step;
      const values = numbers(
        (await runModel(model, { ...feeds, scores: { ...feeds['scores']!, data } as Tensor }))['y'],
      );
      return values.reduce((sum, value, index) => sum + value * Number(seed.data[index]), 0);
    };
    for (const place of [0, 4, 7, gradient.length - 1])
      expect(gradient[place]).toBeCloseTo(((await at(place, 1e-2)) - (await at(place, -1e-2))) / 2e-2, 2);
  });
});

test('gives the logarithms of the probabilities as a second output', async () => {
  const graph = new GraphBuilder('loss');
  const scores = graph.input('scores', 'float32', ['N', 3]);
  const target = graph.input('target', 'int64', ['N']);
  const [, logs] = graph.ops('SoftmaxCrossEntropyLoss', [scores, target], {}, 2);
  graph.output(logs!, 'y');
  const feeds = feedsFor({ what: '', reduction: 'mean' });
  const results = await runModel(differentiate(graph.toModel(), { output: 'y', withRespectTo: ['scores'] }), {
    ...feeds,
    'grad/y': float32([4, 3], new Array<number>(12).fill(1)),
  });
  const [first] = [numbers(feeds['scores']).slice(0, 3)];
  const total = first!.reduce((sum, value) => sum + Math.exp(value), 0);
  for (const [index, value] of first!.entries()) {
    expect(numbers(results['y'])[index]).toBeCloseTo(value - Math.log(total), 5);
    expect(numbers(results['grad/scores'])[index]).toBeCloseTo(1 - (3 * Math.exp(value)) / total, 5);
  }
});
