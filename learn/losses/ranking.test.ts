import { describe, expect, test } from 'vitest';
import { rocAuc } from '../metrics/index.js';
import { lossGraph, type Shapes } from './fixtures/loss-graph.js';
import { pairwiseRanking, survivalRanking } from './index.js';

const scored: Shapes = { output: [], target: [], targetType: 'float' };
const survival: Shapes = { output: [], target: [2], targetType: 'float' };

describe('the ranking losses', () => {
  test('are 1 - AUC where scores lie far apart, by a hinge with a margin of 0 and a lead of 1', async () => {
    // A wrong pair costs its distance, which is 1 with scores of 0 and 1.
    const graph = await lossGraph(
      (builder, x, t) => pairwiseRanking(builder, x, t, { surrogate: 'hinge', margin: 0 }),
      scored,
    );
    const target = [1, 1, 1, 0, 0, 0, 0];
    const output = [1, 0, 1, 0, 1, 0, 0];
    const { loss } = await graph.evaluate(7, { output, target });
    // Pairs with equal scores cost nothing here, and count half in the AUC.
    const ties = 2 * 1 + 1 * 3;
    expect(1 - loss - ties / 2 / 12).toBeCloseTo(rocAuc(output, target)!, 6);
    await graph.release();
  });

  test('are 0 with no gradient where no pair has an order', async () => {
    const equal = await lossGraph((builder, x, t) => pairwiseRanking(builder, x, t), scored);
    const censored = await lossGraph((builder, x, t) => survivalRanking(builder, x, t), survival);
    for (const { loss, gradient } of [
      await equal.evaluate(3, { output: [1, 2, 3], target: [1, 1, 1] }),
      await censored.evaluate(3, { output: [1, 2, 3], target: [1, 0, 2, 0, 3, 0] }),
    ]) {
      expect(loss).toBe(0);
      expect(gradient.map(Math.abs)).toEqual([0, 0, 0]);
    }
    await Promise.all([equal.release(), censored.release()]);
  });

  test('compare an event with everybody seen longer, and at the same time only with the censored', async () => {
    const options = { surrogate: 'hinge', margin: 1, reduction: 'sum' } as const;
    const graph = await lossGraph((builder, x, t) => survivalRanking(builder, x, t, options), survival);
    // Equal scores: each pair costs the margin. Event at 2; events at 2; censored at 2; censored at 1; event at 3.
    const { loss } = await graph.evaluate(5, { output: [0, 0, 0, 0, 0], target: [2, 1, 2, 1, 2, 0, 1, 0, 3, 1] });
    expect(loss).toBe(4);
    await graph.release();
  });
});
