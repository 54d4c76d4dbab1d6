/** Ratios of a confusion matrix, for one class against the rest: a row each. */
import type { BinaryCounts } from './confusion-matrix.js';

export interface Rate {
  readonly numerator: (counts: BinaryCounts) => number;
  readonly denominator: (counts: BinaryCounts) => number;
  /** Why there is no value when the denominator is 0. */
  readonly undefinedBecause: string;
}

/** By the name of the figure. */
export const RATES = {
  /** Share of the diseased that are found; also called recall. */
  sensitivity: {
    numerator: (n) => n.truePositives,
    denominator: (n) => n.truePositives + n.falseNegatives,
    undefinedBecause: 'no row is of the positive class',
  },
  /** Share of the healthy that are cleared. */
  specificity: {
    numerator: (n) => n.trueNegatives,
    denominator: (n) => n.trueNegatives + n.falsePositives,
    undefinedBecause: 'every row is of the positive class',
  },
  /** Positive predictive value: share of positive findings that are right; also called precision. */
  ppv: {
    numerator: (n) => n.truePositives,
    denominator: (n) => n.truePositives + n.falsePositives,
    undefinedBecause: 'no row was predicted positive',
  },
  /** Negative predictive value: share of negative findings that are right. */
  npv: {
    numerator: (n) => n.trueNegatives,
    denominator: (n) => n.trueNegatives + n.falseNegatives,
    undefinedBecause: 'every row was predicted positive',
  },
  /** Harmonic mean of ppv and sensitivity. */
  f1: {
    numerator: (n) => 2 * n.truePositives,
    denominator: (n) => 2 * n.truePositives + n.falsePositives + n.falseNegatives,
    undefinedBecause: 'no row is positive, in truth or in prediction',
  },
  accuracy: {
    numerator: (n) => n.truePositives + n.trueNegatives,
    denominator: (n) => n.truePositives + n.trueNegatives + n.falsePositives + n.falseNegatives,
    undefinedBecause: 'there are no rows',
  },
} as const satisfies Record<string, Rate>;

/** A name of {@link RATES}. */
export type RateName = keyof typeof RATES;

/** 0..1, or null where it would be 0/0. */
export function rate(name: RateName, counts: BinaryCounts): number | null {
  const { numerator, denominator } = RATES[name];
  const divisor = denominator(counts);
  return divisor === 0 ? null : numerator(counts) / divisor;
}

/** Mean of sensitivity and specificity; null where either is. */
export function balancedAccuracy(counts: BinaryCounts): number | null {
  const sensitivity = rate('sensitivity', counts);
  const specificity = rate('specificity', counts);
  return sensitivity === null || specificity === null ? null : (sensitivity + specificity) / 2;
}

/** Share of the rows on the diagonal of a confusion matrix; null without rows. */
export function accuracy(matrix: readonly (readonly number[])[]): number | null {
  let right = 0;
  let total = 0;
  for (const [truth, cells] of matrix.entries()) {
    right += cells[truth]!;
    for (const count of cells) total += count;
  }
  return total === 0 ? null : right / total;
}
