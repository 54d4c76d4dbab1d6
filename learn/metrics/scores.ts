/** Scoring rules: how far probabilities are from the truth. Both are given row by row; their mean is the figure. */

/** A probability of 0 for what happened would make the loss of a whole data set infinite. */
const SMALLEST_PROBABILITY = 1e-15;

/** Null when the weights are all 0. */
export function weightedMean(values: ArrayLike<number>, weights?: ArrayLike<number>): number | null {
  let sum = 0;
  let total = 0;
  for (let row = 0; row < values.length; row++) {
    const weight = weights ? weights[row]! : 1;
    sum += weight * values[row]!;
    total += weight;
  }
  return total === 0 ? null : sum / total;
}

/**
 * Squared distance of each row's probabilities from its one-hot label, summed over classes: 0..2
 * (Brier, Monthly Weather Review 1950, 78:1-3). For two classes use {@link binaryBrierTerms}, which is half of it.
 * @param probabilities [N, C], row-major
 * @param labels [N]
 */
export function brierTerms(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  classCount: number,
): Float64Array {
  return Float64Array.from({ length: labels.length }, (_, row) => {
    let sum = 0;
    for (let index = 0; index < classCount; index++) {
      sum += (probabilities[row * classCount + index]! - (labels[row] === index ? 1 : 0)) ** 2;
    }
    return sum;
  });
}

/** Squared distance of the positive class's probability from 1 (positive row) or 0: 0..1. @param scores [N] */
export function binaryBrierTerms(scores: ArrayLike<number>, isPositive: ArrayLike<boolean | number>): Float64Array {
  return Float64Array.from({ length: scores.length }, (_, row) => (scores[row]! - (isPositive[row] ? 1 : 0)) ** 2);
}

/**
 * Negative natural logarithm of the probability given to the true class, in nats.
 * @param probabilities [N, C], row-major
 * @param labels [N]
 */
export function crossEntropyTerms(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  classCount: number,
): Float64Array {
  return Float64Array.from({ length: labels.length }, (_, row) => {
    // -log(1) is -0, which would be printed as "-0".
    const loss = -Math.log(Math.max(probabilities[row * classCount + labels[row]!]!, SMALLEST_PROBABILITY));
    return loss === 0 ? 0 : loss;
  });
}

/** Brier score of two classes, 0..1, best 0; null without rows. */
export function brier(scores: ArrayLike<number>, isPositive: ArrayLike<boolean | number>): number | null {
  return weightedMean(binaryBrierTerms(scores, isPositive));
}

/** Mean cross-entropy in nats, best 0; null without rows. See {@link crossEntropyTerms}. */
export function crossEntropy(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  classCount: number,
): number | null {
  return weightedMean(crossEntropyTerms(probabilities, labels, classCount));
}
