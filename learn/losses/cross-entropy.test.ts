import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { differentiate } from '../autodiff/index.js';
import { float32, float64, int64, numbers, runModel } from '../onnx/fixtures/run-model.js';
import { GraphBuilder, type ModelProto } from '../onnx/index.js';
import { lossGraph, type Shapes } from './fixtures/loss-graph.js';
import { type CrossEntropyOptions, crossEntropy } from './index.js';

/** A row of `places`, each with a label. */
const images = (classes: number, places: number): Shapes => ({
  output: [classes, places],
  target: [places],
  targetType: 'int64',
});

interface Rows {
  readonly logits: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly sampleWeights?: readonly number[];
}

function lossModel(
  classes: number,
  options: CrossEntropyOptions,
  weighted: boolean,
  dtype: 'float32' | 'float64' = 'float64',
): ModelProto {
  const graph = new GraphBuilder('loss');
  const logits = graph.input('logits', dtype, ['N', classes]);
  const labels = graph.input('labels', 'int64', ['N']);
  const weights = weighted ? graph.input('weights', dtype, ['N']) : undefined;
  graph.output(crossEntropy(graph, logits, labels, options, weights), 'loss');
  return graph.toModel();
}

async function lossOf({ logits, labels, sampleWeights }: Rows, options: CrossEntropyOptions = {}): Promise<number[]> {
  const classes = logits[0]!.length;
  const results = await runModel(lossModel(classes, options, sampleWeights !== undefined), {
    logits: float64([logits.length, classes], logits.flat()),
    labels: int64([labels.length], labels),
    ...(sampleWeights && { weights: float64([labels.length], sampleWeights) }),
  });
  return numbers(results['loss']);
}

/** The definition, row by row, with nothing shared with the graph. */
function expected({ logits, labels, sampleWeights }: Rows, options: CrossEntropyOptions): number {
  const { classWeights, labelSmoothing: e = 0, ignoreLabel } = options;
  let total = 0;
  let divisor = 0;
  for (const [row, values] of logits.entries()) {
    const label = labels[row]!;
    if (label === ignoreLabel) continue;
    const largest = Math.max(...values);
    const logSum = largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
    const weight = (c: number) => classWeights?.[c] ?? 1;
    const smooth = values.reduce((sum, value, c) => sum - weight(c) * (value - logSum), 0);
    const loss = (1 - e) * weight(label) * (logSum - values[label]!) + (e / values.length) * smooth;
    total += (sampleWeights?.[row] ?? 1) * loss;
    divisor += (sampleWeights?.[row] ?? 1) * weight(label);
  }
  return total / divisor;
}

const rows: Rows = {
  logits: [
    [0.2, -1.3, 2.1],
    [1.5, 0.1, -0.4],
    [-0.7, 0.9, 0.3],
    [0, 0.5, 1],
  ],
  labels: [2, 1, 0, 2],
};

describe('cross-entropy', () => {
  test.each<[string, CrossEntropyOptions, (readonly number[])?]>([
    ['plain', {}],
    ['with class weights', { classWeights: [1, 0.25, 3] }],
    ['with smoothed labels', { labelSmoothing: 0.1 }],
    ['with both', { classWeights: [1, 0.25, 3], labelSmoothing: 0.2 }],
    ['with weights of rows', {}, [1, 0, 2, 0.5]],
    ['with all three', { classWeights: [1, 0.25, 3], labelSmoothing: 0.2 }, [1, 0, 2, 0.5]],
    ['with an ignored label', { ignoreLabel: 2, labelSmoothing: 0.1, classWeights: [1, 2, 3] }],
  ])('equals its definition: %s', async (_, options, sampleWeights) => {
    const given = sampleWeights ? { ...rows, sampleWeights } : rows;
    expect((await lossOf(given, options))[0]).toBeCloseTo(expected(given, options), 12);
  });

  test('equals a case worked out by hand: class weights with smoothed labels', async () => {
    // PyTorch's cross_entropy([[1, 2, 3], [3, 1, 0]], [0, 2], weight=[1, 2, 4], label_smoothing=0.3):
    // log p = [[-2.40761, -1.40761, -0.40761], [-0.16985, -2.16985, -3.16985]].
    const given = {
      logits: [
        [1, 2, 3],
        [3, 1, 0],
      ],
      labels: [0, 2],
    };
    const nll = (2.407606 * 1 + 3.169846 * 4) / 5;
    const smooth = (2.407606 + 2 * 1.407606 + 4 * 0.407606 + 0.169846 + 2 * 2.169846 + 4 * 3.169846) / 5;
    const [loss] = await lossOf(given, { classWeights: [1, 2, 4], labelSmoothing: 0.3 });
    expect(loss).toBeCloseTo(0.7 * nll + (0.3 / 3) * smooth, 5);
  });

  test('gives a loss for each row, and their sum', async () => {
    const each = await lossOf(rows, { reduction: 'none' });
    expect(each).toHaveLength(4);
    const total = each.reduce((sum, value) => sum + value);
    expect((await lossOf(rows, { reduction: 'sum' }))[0]).toBeCloseTo(total, 12);
    expect((await lossOf(rows))[0]).toBeCloseTo(total / 4, 12);
  });

  test('stays finite for logits of any size, and so does its gradient', async () => {
    const model = differentiate(lossModel(2, {}, false, 'float32'), {
      output: 'loss',
      withRespectTo: ['logits'],
      seed: 'ones',
    });
    const results = await runModel(model, {
      logits: float32([2, 2], [1e4, -1e4, 3e4, 3e4]),
      labels: int64([2], [1, 0]),
    });
    expect(numbers(results['loss'])[0]).toBeCloseTo((2e4 + Math.LN2) / 2, 2);
    expect(numbers(results['grad/logits'])).toEqual([0.5, -0.5, -0.25, 0.25]);
  });

  test('has the gradient (softmax - onehot) / N, which sums to 0 in every row', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(fc.array(fc.double({ min: -8, max: 8, noNaN: true }), { minLength: 3, maxLength: 3 }), fc.nat(2)),
          {
            minLength: 1,
            maxLength: 5,
          },
        ),
        async (cases) => {
          const model = differentiate(lossModel(3, {}, false), {
            output: 'loss',
            withRespectTo: ['logits'],
            seed: 'ones',
          });
          const results = await runModel(model, {
            logits: float64(
              [cases.length, 3],
              cases.flatMap(([values]) => values),
            ),
            labels: int64(
              [cases.length],
              cases.map(([, label]) => label),
            ),
          });
          const gradient = numbers(results['grad/logits']);
          for (const [row, [values, label]] of cases.entries()) {
            const total = values.reduce((sum, value) => sum + Math.exp(value), 0);
            for (const [c, value] of values.entries()) {
              const slope = (Math.exp(value) / total - (c === label ? 1 : 0)) / cases.length;
              expect(gradient[3 * row + c]).toBeCloseTo(slope, 12);
            }
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  test('is NaN for a label that is no class, never a number', async () => {
    expect((await lossOf({ ...rows, labels: [2, 3, 0, 1] }))[0]).toBeNaN();
    expect((await lossOf({ ...rows, labels: [2, -1, 0, 1] }))[0]).toBeNaN();
  });

  test('is not disturbed by what stands in an ignored row', async () => {
    const [loss] = await lossOf({ ...rows, labels: [2, -100, 0, 1] }, { ignoreLabel: -100 });
    const three = { logits: [rows.logits[0]!, rows.logits[2]!, rows.logits[3]!], labels: [2, 0, 1] };
    expect(loss).toBeCloseTo(expected(three, {}), 12);
  });

  test('takes a masked class, with the logit -inf, for one that cannot be', async () => {
    const infinite = Number.NEGATIVE_INFINITY;
    for (const options of [{}, { classWeights: [1, 2, 3] }]) {
      const graph = await lossGraph((builder, x, t) => crossEntropy(builder, x, t, options), images(3, 1));
      const { loss, gradient } = await graph.evaluate(1, { output: [0.5, infinite, -0.5], target: [2] });
      expect(loss).toBeCloseTo(1 + Math.log1p(Math.exp(-1)), 6);
      const p = 1 / (1 + Math.exp(-1));
      expect(gradient[0]).toBeCloseTo(p, 6);
      expect(gradient[1]).toBeCloseTo(0, 12);
      expect(gradient[2]).toBeCloseTo(-p, 6);
      await graph.release();
    }
  });

  test('has no gradient where all rows are ignored, and the mean of nothing is NaN', async () => {
    const options = { ignoreLabel: -100, labelSmoothing: 0.1, classWeights: [1, 2, 3] };
    const graph = await lossGraph((builder, x, t) => crossEntropy(builder, x, t, options), images(3, 1));
    const { loss, gradient } = await graph.evaluate(2, { output: [1, 2, 3, 4, 5, 6], target: [-100, -100] });
    expect(loss).toBeNaN();
    expect(gradient.map(Math.abs)).toEqual([0, 0, 0, 0, 0, 0]);
    await graph.release();
  });

  test('gives the losses of places their places', async () => {
    const graph = await lossGraph(
      (builder, x, t) => crossEntropy(builder, x, t, { reduction: 'none', ignoreLabel: 7 }),
      images(2, 3),
    );
    const output = [0, 1, 2, 0, 0, 0, 5, 5, 5, 5, 5, 5];
    const { each } = await graph.evaluate(2, { output, target: [0, 0, 7, 1, 0, 2] });
    const [even, one] = [Math.LN2, Math.log1p(Math.exp(-1))];
    expect(each).toEqual([...[even, one, 0, even, even].map((value) => expect.closeTo(value, 6)), Number.NaN]);
    await graph.release();
  });

  test('of labels in one class only is that of its log probability', async () => {
    const logits = [1, 2, 3, 0, 0, 0];
    const graph = await lossGraph((builder, x, t) => crossEntropy(builder, x, t), images(3, 1));
    const { loss } = await graph.evaluate(2, { output: logits, target: [1, 1] });
    expect(loss).toBeCloseTo((Math.log(Math.exp(-1) + 1 + Math.exp(1)) + Math.log(3)) / 2, 6);
    await graph.release();
  });

  test('with shares that are one class is that with its label', async () => {
    const options = { labelSmoothing: 0.1 };
    const byLabel = await lossOf(rows, options);
    const graph = await lossGraph(
      (builder, x, t) => crossEntropy(builder, x, t, options),
      { output: [3], target: [3], targetType: 'float' },
      { dtype: 'float64' },
    );
    const target = rows.labels.flatMap((label) => [0, 1, 2].map((k) => (k === label ? 1 : 0)));
    expect((await graph.evaluate(4, { output: rows.logits.flat(), target })).loss).toBeCloseTo(byLabel[0]!, 12);
    await graph.release();
  });

  test('is written in few nodes: each costs about 2 microseconds a step', () => {
    const nodes = (model: ModelProto): number => model.graph!.node.filter(({ opType }) => opType !== 'Constant').length;
    expect(nodes(lossModel(3, {}, false, 'float32'))).toBeLessThanOrEqual(19);
    expect(nodes(lossModel(3, {}, true, 'float32'))).toBeLessThanOrEqual(24);
  });

  test.each<[string, CrossEntropyOptions, RegExp]>([
    ['smoothing above 1', { labelSmoothing: 1.1 }, /from 0 to 1/],
    ['too few weights', { classWeights: [1, 2] }, /3 classes need 3 class weights, not 2/],
    ['a negative weight', { classWeights: [1, -2, 1] }, /finite, >= 0/],
    ['only zero weights', { classWeights: [0, 0, 0] }, /not all 0/],
  ])('refuses %s', (_, options, message) => {
    expect(() => lossModel(3, options, false)).toThrow(message);
  });
});
