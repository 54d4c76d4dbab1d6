import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binaryCounts, confusionMatrix } from './confusion-matrix.js';
import { accuracy, balancedAccuracy, RATES, type RateName, rate } from './rates.js';
import { brier, brierTerms, crossEntropy } from './scores.js';

describe('the confusion matrix', () => {
  it('has the truth in rows and the prediction in columns', () => {
    expect(confusionMatrix([0, 0, 0, 1, 1, 2], [0, 1, 1, 1, 2, 0], 3)).toEqual([
      [1, 2, 0],
      [0, 1, 1],
      [1, 0, 0],
    ]);
  });

  it('counts a row as often as its weight says', () => {
    expect(confusionMatrix([0, 1, 1], [0, 0, 1], 2, [2, 0, 3])).toEqual([
      [2, 0],
      [0, 3],
    ]);
  });

  it.each([
    ['a label', [2], [0]],
    ['a prediction', [0], [-1]],
  ])('refuses %s outside the classes', (_, labels, predicted) => {
    expect(() => confusionMatrix(labels, predicted, 2)).toThrow(/classes are 0..1/);
  });

  it('gives four counts that add up, for any class as the positive one', () => {
    const labels = fc.array(fc.nat(2), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(labels, fc.infiniteStream(fc.nat(2)), fc.nat(2), (truth, stream, positive) => {
        const predicted = truth.map(() => stream.next().value as number);
        const counts = binaryCounts(confusionMatrix(truth, predicted, 3), positive);
        const count = (ill: boolean, found: boolean): number =>
          truth.filter((label, row) => (label === positive) === ill && (predicted[row] === positive) === found).length;
        expect(counts).toEqual({
          truePositives: count(true, true),
          falsePositives: count(false, true),
          trueNegatives: count(false, false),
          falseNegatives: count(true, false),
        });
      }),
    );
  });
});

describe('rates', () => {
  const counts = { truePositives: 30, falsePositives: 10, trueNegatives: 50, falseNegatives: 20 };
  const expected: Record<RateName, number> = {
    sensitivity: 0.6,
    specificity: 50 / 60,
    ppv: 0.75,
    npv: 50 / 70,
    f1: 60 / 90,
    accuracy: 80 / 110,
  };

  it.each(Object.keys(RATES) as RateName[])('%s is what its definition gives', (name) => {
    expect(rate(name, counts)).toBeCloseTo(expected[name], 12);
  });

  it.each(Object.keys(RATES) as RateName[])('%s is null, not NaN, where it would be 0/0', (name) => {
    expect(rate(name, { truePositives: 0, falsePositives: 0, trueNegatives: 0, falseNegatives: 0 })).toBeNull();
  });

  it('swapping the classes swaps sensitivity with specificity and ppv with npv', () => {
    const matrix = [
      [50, 10],
      [20, 30],
    ];
    const [first, second] = [binaryCounts(matrix, 0), binaryCounts(matrix, 1)];
    expect(rate('sensitivity', first)).toBe(rate('specificity', second));
    expect(rate('ppv', first)).toBe(rate('npv', second));
    expect(balancedAccuracy(first)).toBe(balancedAccuracy(second));
    expect(accuracy(matrix)).toBeCloseTo(80 / 110, 12);
  });

  it('balanced accuracy is the mean of sensitivity and specificity, or null', () => {
    expect(balancedAccuracy(counts)).toBeCloseTo((0.6 + 50 / 60) / 2, 12);
    expect(balancedAccuracy({ ...counts, trueNegatives: 0, falsePositives: 0 })).toBeNull();
    expect(
      accuracy([
        [0, 0],
        [0, 0],
      ]),
    ).toBeNull();
  });
});

describe('scoring rules', () => {
  it('the Brier score of two classes is the mean squared error of the probability', () => {
    expect(brier([0.9, 0.2, 0.4], [1, 0, 1])).toBeCloseTo((0.01 + 0.04 + 0.36) / 3, 12);
    expect(brier([], [])).toBeNull();
  });

  it('the terms of several classes are sums over classes: twice those of two', () => {
    expect(brierTerms([0.9, 0.1], [0], 2)[0]).toBeCloseTo(0.02, 12);
    expect(brierTerms([0.2, 0.3, 0.5], [2], 3)[0]).toBeCloseTo(0.04 + 0.09 + 0.25, 12);
  });

  it('cross-entropy is the mean negative logarithm of the true class, finite even where it got 0', () => {
    expect(crossEntropy([0.5, 0.5, 0.25, 0.75], [0, 1], 2)).toBeCloseTo((Math.log(2) + Math.log(4 / 3)) / 2, 12);
    expect(crossEntropy([1, 0], [1], 2)).toBeCloseTo(-Math.log(1e-15), 9);
    expect(Object.is(crossEntropy([1, 0], [0], 2), 0)).toBe(true);
  });
});
