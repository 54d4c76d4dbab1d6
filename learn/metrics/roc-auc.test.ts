import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { macroAuc, rocAuc } from './roc-auc.js';
import { youdenThreshold } from './youden.js';

/** Few different scores, so that ties are common; both classes present. */
const scored = fc
  .array(
    fc.tuple(
      fc.integer({ min: 0, max: 8 }).map((score) => score / 8),
      fc.boolean(),
    ),
    { minLength: 0, maxLength: 30 },
  )
  .map((rows) => [...rows, [0.5, true] as const, [0.25, false] as const])
  .map((rows) => ({ scores: rows.map(([score]) => score), truth: rows.map(([, positive]) => positive) }));

/** The definition: the share of pairs in the right order, a tie counting one half. */
function aucByPairs(scores: readonly number[], truth: readonly boolean[]): number {
  let wins = 0;
  let pairs = 0;
  for (const [i, positive] of truth.entries()) {
    for (const [j, other] of truth.entries()) {
      if (!positive || other) continue;
      pairs += 1;
      wins += scores[i]! > scores[j]! ? 1 : scores[i]! === scores[j]! ? 0.5 : 0;
    }
  }
  return wins / pairs;
}

describe('the area under the ROC curve', () => {
  it.each([
    ['one wrong pair of four', [0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1], 0.75],
    ['all right', [1, 2, 3, 4], [0, 0, 1, 1], 1],
    ['all wrong', [4, 3, 2, 1], [0, 0, 1, 1], 0],
    ['all equal', [7, 7, 7, 7], [0, 1, 0, 1], 0.5],
    ['a tie between classes', [1, 2, 2, 3], [0, 0, 1, 1], 0.875],
    ['infinite scores', [Number.NEGATIVE_INFINITY, 0, Number.POSITIVE_INFINITY], [0, 1, 1], 1],
  ])('of %s', (_, scores, truth, expected) => {
    expect(rocAuc(scores, truth)).toBe(expected);
  });

  it('is what counting all pairs gives', () => {
    fc.assert(
      fc.property(scored, ({ scores, truth }) => {
        expect(rocAuc(scores, truth)).toBe(aucByPairs(scores, truth));
      }),
    );
  });

  it('does not change under a strictly increasing map of the scores', () => {
    fc.assert(
      fc.property(scored, ({ scores, truth }) => {
        const auc = rocAuc(scores, truth);
        expect(
          rocAuc(
            scores.map((score) => Math.exp(3 * score) - 5),
            truth,
          ),
        ).toBe(auc);
      }),
    );
  });

  it('becomes its complement when the classes, or the signs of the scores, are swapped', () => {
    fc.assert(
      fc.property(scored, ({ scores, truth }) => {
        const auc = rocAuc(scores, truth)!;
        const swapped = truth.map((positive) => !positive);
        const negated = scores.map((score) => -score);
        expect(rocAuc(scores, swapped)).toBeCloseTo(1 - auc, 12);
        expect(rocAuc(negated, truth)).toBeCloseTo(1 - auc, 12);
        expect(rocAuc(negated, swapped)).toBeCloseTo(auc, 12);
      }),
    );
  });

  it('is null when a class is missing, and refuses NaN and unequal lengths', () => {
    expect(rocAuc([1, 2], [1, 1])).toBeNull();
    expect(rocAuc([1, 2], [0, 0])).toBeNull();
    expect(rocAuc([], [])).toBeNull();
    expect(() => rocAuc([1, Number.NaN], [0, 1])).toThrow(/row 1 is NaN/);
    expect(() => rocAuc([1], [0, 1])).toThrow(RangeError);
  });

  it('of several classes is the mean of each against the rest', () => {
    const probabilities = [0.6, 0.3, 0.1, 0.2, 0.5, 0.3, 0.5, 0.1, 0.4, 0.3, 0.4, 0.3];
    const labels = [0, 1, 2, 0];
    // Class 0: scores .6 .2 .5 .3, rows 0 and 3: .6 beats both others, .3 one of them. Class 1: row 1 beats all.
    // Class 2: scores .1 .3 .4 .3, row 2 beats all.
    expect(macroAuc(probabilities, labels, 3)).toBeCloseTo((0.75 + 1 + 1) / 3, 12);
    expect(macroAuc(probabilities, [0, 1, 1, 0], 3)).toBeNull();
  });
});

describe('the Youden threshold', () => {
  it('finds the best cut of a small example', () => {
    // At >= 0.35: both positives found, one of two negatives cleared; at >= 0.8: one found, both cleared. Equal: the lower.
    expect(youdenThreshold([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toEqual({
      threshold: 0.35,
      index: 0.5,
      sensitivity: 1,
      specificity: 0.5,
    });
  });

  it('is the best of all scores, tried one by one, and the lowest of the best', () => {
    fc.assert(
      fc.property(scored, ({ scores, truth }) => {
        const indexAt = (threshold: number): number => {
          const found =
            scores.filter((score, row) => truth[row] && score >= threshold).length / truth.filter(Boolean).length;
          const cleared =
            scores.filter((score, row) => !truth[row] && score < threshold).length / truth.filter((ill) => !ill).length;
          return found + cleared - 1;
        };
        const best = youdenThreshold(scores, truth)!;
        expect(best.index).toBeCloseTo(Math.max(...scores.map(indexAt)), 12);
        expect(best.sensitivity + best.specificity - 1).toBeCloseTo(indexAt(best.threshold), 12);
        for (const score of scores) if (score < best.threshold) expect(indexAt(score)).toBeLessThan(best.index);
      }),
    );
  });

  it('is null when a class is missing', () => {
    expect(youdenThreshold([1, 2], [1, 1])).toBeNull();
  });
});
