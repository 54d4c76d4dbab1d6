/** Area under the receiver operating characteristic, exact also with ties. */

/** Rows in ascending order of score, with the borders of equal scores: what a weighted AUC needs, sorted once. */
export interface Ranking {
  /** Rows by ascending score. [N] */
  readonly order: Int32Array;
  /** End (exclusive, a position in `order`) of each run of equal scores. */
  readonly runEnds: readonly number[];
}

/** @throws RangeError when a score is NaN: it has no rank. */
export function rankScores(scores: ArrayLike<number>): Ranking {
  const order = Int32Array.from({ length: scores.length }, (_, row) => row);
  for (let row = 0; row < scores.length; row++) {
    if (Number.isNaN(scores[row]))
      throw new RangeError(`the score of row ${row} is NaN: a model that diverged cannot be evaluated`);
  }
  order.sort((a, b) => (scores[a]! === scores[b]! ? 0 : scores[a]! < scores[b]! ? -1 : 1));
  const runEnds: number[] = [];
  for (let position = 1; position <= order.length; position++) {
    if (position === order.length || scores[order[position]!]! !== scores[order[position - 1]!]!)
      runEnds.push(position);
  }
  return { order, runEnds };
}

/**
 * The probability that a positive row scores above a negative one, a tie counting one half: the Mann-Whitney statistic
 * over the number of pairs (Hanley and McNeil, Radiology 1982, 143:29-36). A row counts `weights[row]` times.
 * @param isPositive [N], 1 or true for a positive row
 * @param weights [N] whole numbers; 1 each when left out
 * @returns 0..1, or null when either class is missing
 */
export function rankedAuc(
  ranking: Ranking,
  isPositive: ArrayLike<boolean | number>,
  weights?: ArrayLike<number>,
): number | null {
  const { order, runEnds } = ranking;
  let negativesBelow = 0;
  let positives = 0;
  let doubledWins = 0;
  let from = 0;
  for (const end of runEnds) {
    let runPositives = 0;
    let runNegatives = 0;
    for (; from < end; from++) {
      const row = order[from]!;
      const weight = weights ? weights[row]! : 1;
      if (isPositive[row]) runPositives += weight;
      else runNegatives += weight;
    }
    // Doubled, so that the halves of ties stay whole numbers and the sum is exact.
    doubledWins += runPositives * (2 * negativesBelow + runNegatives);
    negativesBelow += runNegatives;
    positives += runPositives;
  }
  return positives === 0 || negativesBelow === 0 ? null : doubledWins / 2 / (positives * negativesBelow);
}

/**
 * AUC of scores, O(N log N); see {@link rankedAuc}.
 * @param scores [N], higher means more likely positive
 * @param isPositive [N]
 * @throws RangeError when lengths differ or a score is NaN
 */
export function rocAuc(scores: ArrayLike<number>, isPositive: ArrayLike<boolean | number>): number | null {
  if (scores.length !== isPositive.length)
    throw new RangeError(`${scores.length} scores for ${isPositive.length} rows`);
  return rankedAuc(rankScores(scores), isPositive);
}

/** Mean of numbers; null when one of them is not defined. */
export function meanOrNull(values: readonly (number | null)[]): number | null {
  let sum = 0;
  for (const value of values) {
    if (value === null) return null;
    sum += value;
  }
  return values.length === 0 ? null : sum / values.length;
}

/**
 * Macro average over classes of "this class against the rest".
 * @param probabilities [N, C], row-major
 * @param labels [N], class numbers
 * @returns 0..1, or null when a class has no row
 */
export function macroAuc(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  classCount: number,
): number | null {
  const perClass = Array.from({ length: classCount }, (_, index) => {
    const scores = Float64Array.from({ length: labels.length }, (_, row) => probabilities[row * classCount + index]!);
    return rocAuc(
      scores,
      Uint8Array.from({ length: labels.length }, (_, row) => (labels[row] === index ? 1 : 0)),
    );
  });
  return meanOrNull(perClass);
}
