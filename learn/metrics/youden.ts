/** A threshold chosen from data. */
import { rankScores } from './roc-auc.js';

/** A threshold of the positive class's probability, and how well it separates. */
export interface YoudenThreshold {
  /** A row is predicted positive when its score is at least this: one of the scores given. */
  readonly threshold: number;
  /** sensitivity + specificity - 1. */
  readonly index: number;
  readonly sensitivity: number;
  readonly specificity: number;
}

/**
 * The threshold with the largest Youden index (Youden, Cancer 1950, 3:32-35); of equally good ones the lowest, which
 * misses the fewest diseased. Choose it on validation rows: on the test rows it would flatter the model.
 * @param scores [N]
 * @param isPositive [N]
 * @returns null when either class is missing
 * @throws RangeError when lengths differ or a score is NaN
 */
export function youdenThreshold(
  scores: ArrayLike<number>,
  isPositive: ArrayLike<boolean | number>,
): YoudenThreshold | null {
  if (scores.length !== isPositive.length)
    throw new RangeError(`${scores.length} scores for ${isPositive.length} rows`);
  const { order, runEnds } = rankScores(scores);
  let positives = 0;
  for (let row = 0; row < isPositive.length; row++) if (isPositive[row]) positives += 1;
  const negatives = isPositive.length - positives;
  if (positives === 0 || negatives === 0) return null;
  let best: YoudenThreshold | null = null;
  let bestPoints = Number.NEGATIVE_INFINITY;
  let positivesBelow = 0;
  let negativesBelow = 0;
  let from = 0;
  for (const end of runEnds) {
    // Whole numbers, so that equally good thresholds are recognised as equal.
    const points = negativesBelow * positives - positivesBelow * negatives;
    if (points > bestPoints) {
      bestPoints = points;
      best = {
        threshold: scores[order[from]!]!,
        index: points / (positives * negatives),
        sensitivity: (positives - positivesBelow) / positives,
        specificity: negativesBelow / negatives,
      };
    }
    for (; from < end; from++) {
      if (isPositive[order[from]!]) positivesBelow += 1;
      else negativesBelow += 1;
    }
  }
  return best;
}
