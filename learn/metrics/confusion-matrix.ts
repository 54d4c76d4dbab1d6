/** How often each class was taken for each. */

/**
 * Counts, or sums of weights: rows are the truth, columns what was predicted.
 * @param labels [N], class numbers
 * @param predicted [N], class numbers
 * @param weights [N]; 1 each when left out
 * @returns [C][C]
 * @throws RangeError when lengths differ or a class number lies outside 0..C-1
 */
export function confusionMatrix(
  labels: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classCount: number,
  weights?: ArrayLike<number>,
): number[][] {
  if (labels.length !== predicted.length)
    throw new RangeError(`${predicted.length} predictions for ${labels.length} labels`);
  const matrix = Array.from({ length: classCount }, () => new Array<number>(classCount).fill(0));
  for (let row = 0; row < labels.length; row++) {
    const cells = matrix[labels[row]!];
    if (cells?.[predicted[row]!] === undefined) {
      throw new RangeError(
        `row ${row} has label ${labels[row]} and prediction ${predicted[row]}; classes are 0..${classCount - 1}`,
      );
    }
    cells[predicted[row]!]! += weights ? weights[row]! : 1;
  }
  return matrix;
}

/** One class against the rest. */
export interface BinaryCounts {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
}

/** Reads the four counts for the class `positive` out of a confusion matrix. */
export function binaryCounts(matrix: readonly (readonly number[])[], positive: number): BinaryCounts {
  const truePositives = matrix[positive]![positive]!;
  let total = 0;
  let actual = 0;
  let predicted = 0;
  for (const [truth, cells] of matrix.entries()) {
    predicted += cells[positive]!;
    for (const count of cells) {
      total += count;
      if (truth === positive) actual += count;
    }
  }
  const falsePositives = predicted - truePositives;
  const falseNegatives = actual - truePositives;
  return {
    truePositives,
    falsePositives,
    falseNegatives,
    trueNegatives: total - truePositives - falsePositives - falseNegatives,
  };
}
