import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../runtime/tensor.js';
import { mlp } from '../models/index.js';
import { bool, float32, float64, int64, numbers } from '../onnx/fixtures/run-model.js';
import { GraphBuilder } from '../onnx/index.js';
import { type Batch, batchOf, firstDifference, startOf, stepper, train } from './fixtures/steps.js';
import { type TrainingGraphOptions, trainingGraph } from './index.js';

const options = (more: Partial<TrainingGraphOptions> = {}): TrainingGraphOptions => ({
  model: mlp({ features: 4, hidden: [8], classes: 3, seed: 2 }),
  loss: { type: 'cross_entropy' },
  optimizer: { type: 'adam' },
  clipNorm: 0.5,
  ...more,
});

function rows(
  { x, labels }: { x: Tensor<'float32'>; labels: Tensor<'int64'> },
  from: number,
  to: number,
  apply: boolean,
): Batch {
  return {
    x: float32([to - from, 4], x.data.slice(from * 4, to * 4)),
    labels: int64([to - from], numbers(labels).slice(from, to)),
    more: { apply: bool([], [apply]) },
  };
}

describe('gradients of several batches', () => {
  test.each(['float32', 'mixed'] as const)(
    'added up make the step of all their rows together (%s)',
    async (precision) => {
      const all = batchOf([12, 4], 3, 1);
      const { x, labels } = all;
      const { state: whole } = await train(trainingGraph(options({ precision })), [{ x, labels }]);
      const parts = [rows(all, 0, 5, false), rows(all, 5, 11, false), rows(all, 11, 12, true)];
      const { state: together } = await train(trainingGraph(options({ precision, accumulate: true })), parts);
      for (const [name, { data }] of Object.entries(whole)) {
        for (const [index, value] of numbers({ dtype: 'float32', shape: [], data } as Tensor).entries())
          expect(Number(together[name]!.data[index])).toBeCloseTo(value, 5);
      }
    },
  );

  test('change nothing but their sum until they are applied, and start from zero afterwards', async () => {
    const graph = trainingGraph(options({ accumulate: true }));
    const loaded = await stepper(graph);
    const all = batchOf([12, 4], 3, 1);
    const start = startOf(graph);
    const waiting = await loaded.step(start, rows(all, 0, 6, false));
    const of = (role: string, state: typeof start) =>
      Object.fromEntries(graph.state.filter((entry) => entry.role === role).map(({ name }) => [name, state[name]!]));
    for (const role of ['parameter', 'moment', 'step'])
      expect(firstDifference(of(role, start), of(role, waiting.state))).toBeUndefined();
    expect(numbers(waiting.state['rows/accumulated'])).toEqual([6]);
    const applied = await loaded.step(waiting.state, rows(all, 6, 12, true));
    expect(firstDifference(of('accumulator', start), of('accumulator', applied.state))).toBeUndefined();
    expect(firstDifference(of('parameter', start), of('parameter', applied.state))).toBeDefined();
    await loaded.release();
  });

  const weights = [1, 0, 2, 0.5, 0, 1, 3, 1, 1, 0, 0.25, 1];
  test.each<[string, Partial<TrainingGraphOptions>]>([
    ['rows with weights', { sampleWeights: true }],
    ['classes with weights', { loss: { type: 'cross_entropy', classWeights: [1, 5, 0.1], labelSmoothing: 0.1 } }],
    ['labels that are ignored', { loss: { type: 'cross_entropy', ignoreLabel: 1 } }],
    ['all of these', { sampleWeights: true, loss: { type: 'cross_entropy', classWeights: [1, 5, 2], ignoreLabel: 1 } }],
    ['ignored labels of the focal loss', { loss: { type: 'focal', ignoreLabel: 2 }, sampleWeights: true }],
  ])('count as they do in one batch: %s', async (_, more) => {
    const all = batchOf([12, 4], 3, 1);
    const weighted = (from: number, to: number) =>
      more.sampleWeights ? { sample_weights: float32([to - from], weights.slice(from, to)) } : {};
    const build = (accumulate: boolean) => trainingGraph(options({ optimizer: { type: 'sgd' }, accumulate, ...more }));
    const { state: whole } = await train(build(false), [{ x: all.x, labels: all.labels, more: weighted(0, 12) }]);
    const ranges = [
      [0, 5, false],
      [5, 11, false],
      [11, 12, true],
    ] as const;
    const parts = ranges.map(([from, to, apply]) => {
      const part = rows(all, from, to, apply);
      return { ...part, more: { ...part.more, ...weighted(from, to) } };
    });
    const { state: together } = await train(build(true), parts);
    for (const [name, tensor] of Object.entries(whole))
      for (const [index, value] of numbers(tensor).entries())
        expect(Number(together[name]!.data[index])).toBeCloseTo(value, 5);
  });

  test('of which no row counts change nothing', async () => {
    const graph = trainingGraph(options({ optimizer: { type: 'sgd' }, accumulate: true, sampleWeights: true }));
    const part = rows(batchOf([12, 4], 3, 1), 0, 4, true);
    const { state } = await train(graph, [
      { ...part, more: { ...part.more, sample_weights: float32([4], [0, 0, 0, 0]) } },
    ]);
    expect(firstDifference(startOf(graph), state)).toBeUndefined();
  });

  test('of a float64 network are added up in float64', () => {
    const graph = new GraphBuilder('linear');
    const x = graph.input('x', 'float64', ['N', 2]);
    graph.output(graph.op('MatMul', [x, graph.initializer('w', float64([2, 2], [1, 2, 3, 4]))]), 'y');
    const { state } = trainingGraph(options({ model: graph.toModel(), accumulate: true }));
    expect(state.find(({ name }) => name === 'w/accumulated')!.dtype).toBe('float64');
  });
});
