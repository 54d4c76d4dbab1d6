import { describe, expect, test } from 'vitest';
import { lossGraph, type Shapes } from './fixtures/loss-graph.js';
import { type DiceOptions, dice, tversky } from './index.js';

/** Two classes in a row of four places. */
const labelled: Shapes = { output: [2, 4], target: [4], targetType: 'int64' };
const regions: Shapes = { output: [2, 4], target: [2, 4], targetType: 'float' };

const graphOf = (options: DiceOptions, shapes = labelled, weighted = false) =>
  lossGraph((graph, x, t, s) => dice(graph, x, t, options, s), shapes, { weighted });

/** Logits that leave no doubt: probabilities 0 and 1. */
const sure = (labels: readonly number[], size = 1e4): number[] => [
  ...labels.map((label) => (label === 0 ? size : -size)),
  ...labels.map((label) => (label === 1 ? size : -size)),
];

describe('the Dice loss', () => {
  test('is 0 where all is right and 1 where all is wrong', async () => {
    const graph = await graphOf({ smoothing: 1e-9 });
    const right = await graph.evaluate(1, { output: sure([0, 1, 1, 0]), target: [0, 1, 1, 0] });
    const wrong = await graph.evaluate(1, { output: sure([1, 0, 0, 1]), target: [0, 1, 1, 0] });
    expect(right.loss).toBe(0);
    expect(wrong.loss).toBeCloseTo(1, 6);
    expect([...right.gradient, ...wrong.gradient].filter((value) => !Number.isFinite(value))).toEqual([]);
    await graph.release();
  });

  test('gives a class that is nowhere, and predicted nowhere, the loss 0', async () => {
    const graph = await graphOf({ reduction: 'none' });
    const { each, gradient } = await graph.evaluate(1, { output: sure([0, 0, 0, 0]), target: [0, 0, 0, 0] });
    expect(each).toEqual([0, 0]);
    expect(gradient.filter((value) => !Number.isFinite(value))).toEqual([]);
    await graph.release();
  });

  test('tells the classes of each row apart where asked: without the background, and with all rows together', async () => {
    const given = { output: [...sure([0, 1, 1, 0]), ...sure([0, 1, 1, 1])], target: [0, 1, 1, 0, 1, 1, 1, 0] };
    for (const [options, expected] of [
      [{}, [0, 0, 1, 1 / 3]],
      [{ includeBackground: false }, [0, 1 / 3]],
      [{ batch: true }, [1 - 4 / 6, 1 - 8 / 10]],
      [{ batch: true, includeBackground: false }, [1 - 8 / 10]],
    ] as const) {
      const graph = await graphOf({ ...options, smoothing: 1e-6, reduction: 'none' });
      const { each } = await graph.evaluate(2, given);
      expect(each).toHaveLength(expected.length);
      for (const [index, value] of each.entries()) expect(value).toBeCloseTo(expected[index]!, 5);
      await graph.release();
    }
  });

  test('leaves places with the ignored label out, and is NaN for a label that is no class', async () => {
    const graph = await graphOf({ ignoreLabel: 255, smoothing: 1e-6 });
    const output = sure([0, 1, 1, 0]);
    expect((await graph.evaluate(1, { output, target: [0, 1, 255, 255] })).loss).toBeCloseTo(0, 6);
    expect((await graph.evaluate(1, { output, target: [0, 1, 2, 0] })).loss).toBeNaN();
    await graph.release();
  });

  test('has no gradient where all places are ignored', async () => {
    const graph = await graphOf({ ignoreLabel: 255 });
    const { loss, gradient } = await graph.evaluate(1, { output: sure([0, 1, 1, 0], 1), target: [255, 255, 255, 255] });
    expect(loss).toBe(0);
    expect(gradient.map(Math.abs)).toEqual(gradient.map(() => 0));
    await graph.release();
  });

  test('lets regions overlap where the target is one of regions', async () => {
    const graph = await graphOf({ smoothing: 1e-9, reduction: 'none' }, regions);
    const target = [1, 1, 0, 0, 0, 1, 1, 0];
    const { each } = await graph.evaluate(1, { output: target.map((t) => (t === 1 ? 50 : -50)), target });
    expect(each.map((value) => Math.round(1e6 * value))).toEqual([0, 0]);
    await graph.release();
  });
});

describe('the Tversky loss', () => {
  const of = async (options: Parameters<typeof tversky>[3], target: readonly number[]) => {
    const graph = await lossGraph((builder, x, t) => tversky(builder, x, t, options), labelled);
    const evaluated = await graph.evaluate(1, { output: sure([0, 1, 1, 0]), target });
    await graph.release();
    return evaluated;
  };

  test('prices what is missed and what is falsely found apart', async () => {
    const options = { includeBackground: false, falsePositives: 0.2, falseNegatives: 0.8, smoothing: 1e-6 };
    expect((await of(options, [0, 1, 0, 0])).loss).toBeCloseTo(0.2 / 1.2, 5);
    expect((await of(options, [0, 1, 1, 1])).loss).toBeCloseTo(0.8 / 2.8, 5);
  });

  test('has a finite gradient where all is right and the exponent is below 1', async () => {
    const { gradient } = await of({ exponent: 0.5 }, [0, 1, 1, 0]);
    expect(gradient.filter((value) => !Number.isFinite(value))).toEqual([]);
  });
});
