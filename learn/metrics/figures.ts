/** All figures of a classifier for any weighting of its rows: once with weights 1, then for every resample. */
import { binaryCounts, confusionMatrix } from './confusion-matrix.js';
import { accuracy, balancedAccuracy, RATES, rate } from './rates.js';
import { meanOrNull, type Ranking, rankedAuc, rankScores } from './roc-auc.js';
import { binaryBrierTerms, brierTerms, crossEntropyTerms, weightedMean } from './scores.js';

/** Every figure of a classifier, as results and monitors call it. Those of two classes need a positive one. */
export const METRIC_NAMES = [
  'auc',
  'accuracy',
  'sensitivity',
  'specificity',
  'ppv',
  'npv',
  'f1',
  'balanced_accuracy',
  'brier',
  'cross_entropy',
] as const;

/** A name of {@link METRIC_NAMES}. */
export type MetricName = (typeof METRIC_NAMES)[number];

/** Null: not defined for these rows. Absent: makes no sense for this task. */
export type Figures = Readonly<Partial<Record<MetricName, number | null>>>;

export interface Predictions {
  /** [N, C], row-major */
  readonly probabilities: ArrayLike<number>;
  /** [N] */
  readonly labels: ArrayLike<number>;
  readonly classCount: number;
  readonly positive?: number;
  /** Of the positive class's probability; used with two classes only. */
  readonly threshold: number;
}

/** What is computed once, and the figures of a weighting. */
export interface FigureSource {
  /** Class numbers. [N] */
  readonly predicted: Int32Array;
  figures(weights: ArrayLike<number>): Figures;
  /** Why a metric is null for all rows taken once. */
  reason(name: MetricName): string;
}

function scoresOf({ probabilities, labels, classCount }: Predictions, index: number): Float64Array {
  return Float64Array.from({ length: labels.length }, (_, row) => probabilities[row * classCount + index]!);
}

function isClass({ labels }: Predictions, index: number): Uint8Array {
  return Uint8Array.from({ length: labels.length }, (_, row) => (labels[row] === index ? 1 : 0));
}

/** Two classes: everything refers to the positive one, which is predicted where its probability reaches the threshold. */
export function binaryFigures(predictions: Predictions & { readonly positive: number }): FigureSource {
  const { probabilities, labels, positive, threshold } = predictions;
  const scores = scoresOf(predictions, positive);
  const truth = isClass(predictions, positive);
  const predicted = Int32Array.from(scores, (score) => (score >= threshold ? positive : 1 - positive));
  const ranking = rankScores(scores);
  const brierOf = binaryBrierTerms(scores, truth);
  const entropyOf = crossEntropyTerms(probabilities, labels, 2);
  return {
    predicted,
    figures: (weights) => {
      const counts = binaryCounts(confusionMatrix(labels, predicted, 2, weights), positive);
      return {
        auc: rankedAuc(ranking, truth, weights),
        accuracy: rate('accuracy', counts),
        sensitivity: rate('sensitivity', counts),
        specificity: rate('specificity', counts),
        ppv: rate('ppv', counts),
        npv: rate('npv', counts),
        f1: rate('f1', counts),
        balanced_accuracy: balancedAccuracy(counts),
        brier: weightedMean(brierOf, weights),
        cross_entropy: weightedMean(entropyOf, weights),
      };
    },
    reason: (name) =>
      name in RATES ? RATES[name as keyof typeof RATES].undefinedBecause : 'all rows are of one class',
  };
}

/** Index of the largest probability of each row; the first of equal ones. */
function likeliest({ probabilities, labels, classCount }: Predictions): Int32Array {
  return Int32Array.from({ length: labels.length }, (_, row) => {
    let best = 0;
    for (let index = 1; index < classCount; index++) {
      if (probabilities[row * classCount + index]! > probabilities[row * classCount + best]!) best = index;
    }
    return best;
  });
}

/**
 * Several classes: the likeliest one is predicted; AUC (one against the rest), balanced accuracy (mean sensitivity) and F1
 * are macro averages over all classes. With a positive class, its rates against the rest are given too.
 */
export function multiclassFigures(predictions: Predictions): FigureSource {
  const { probabilities, labels, classCount, positive } = predictions;
  const classes = Array.from({ length: classCount }, (_, index) => index);
  const predicted = likeliest(predictions);
  const truths = classes.map((index) => isClass(predictions, index));
  const rankings: Ranking[] = classes.map((index) => rankScores(scoresOf(predictions, index)));
  const brierOf = brierTerms(probabilities, labels, classCount);
  const entropyOf = crossEntropyTerms(probabilities, labels, classCount);
  return {
    predicted,
    figures: (weights) => {
      const matrix = confusionMatrix(labels, predicted, classCount, weights);
      const counts = classes.map((index) => binaryCounts(matrix, index));
      // A class without a row has no sensitivity, and an F1 of 0 only because nothing could be found: both are undefined.
      const sensitivities = counts.map((count) => rate('sensitivity', count));
      return {
        auc: meanOrNull(classes.map((index) => rankedAuc(rankings[index]!, truths[index]!, weights))),
        accuracy: accuracy(matrix),
        ...(positive !== undefined && {
          sensitivity: sensitivities[positive]!,
          specificity: rate('specificity', counts[positive]!),
          ppv: rate('ppv', counts[positive]!),
          npv: rate('npv', counts[positive]!),
        }),
        f1: meanOrNull(counts.map((count, index) => (sensitivities[index] === null ? null : rate('f1', count)))),
        balanced_accuracy: meanOrNull(sensitivities),
        brier: weightedMean(brierOf, weights),
        cross_entropy: weightedMean(entropyOf, weights),
      };
    },
    reason: (name) =>
      name === 'sensitivity' || name === 'specificity' || name === 'ppv' || name === 'npv'
        ? RATES[name].undefinedBecause
        : 'a class has no row, or all rows are of one class',
  };
}
