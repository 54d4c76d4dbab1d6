/** Everything a paper says about a classifier's test, with confidence intervals. */
import { DataError } from '../data/errors.js';
import { bootstrap, type Interval } from './bootstrap.js';
import { confusionMatrix } from './confusion-matrix.js';
import { binaryFigures, type FigureSource, METRIC_NAMES, type MetricName, multiclassFigures } from './figures.js';

/** Predictions of N rows over C classes, and what is known of the rows. */
export interface ReportInput {
  /** [N, C], row-major; each row sums to 1. */
  readonly probabilities: ArrayLike<number>;
  /** Class numbers. [N] */
  readonly labels: ArrayLike<number>;
  readonly classNames: readonly string[];
  /** Number of the diseased class. Needed with two classes; with more, its rates are reported when it is given. */
  readonly positive?: number;
  /** With two classes: from which probability of the positive class on it is predicted. Default 0.5. */
  readonly threshold?: number;
  /** Number of the patient of each row: patients are resampled, not rows. [N] */
  readonly groups?: ArrayLike<number>;
  readonly seed: number;
  /** Default 1000; 0 for no intervals. */
  readonly resamples?: number;
  /** Default 0.95. */
  readonly level?: number;
}

/** A figure with its confidence interval. Null where it is not defined, and then `reason` says why: never NaN. */
export interface MetricValue {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly reason?: string;
}

/** The figures of a test, with everything that must be said beside them. */
export interface ClassificationReport {
  /**
   * All 0..1, except `cross_entropy` (nats) and the Brier score of more than two classes (0..2). Sensitivity,
   * specificity, ppv and npv refer to the positive class; without one they are absent.
   */
  readonly metrics: Readonly<Partial<Record<MetricName, MetricValue>>>;
  /** `rows[truth][predicted]`, in the order of `labels`. */
  readonly confusion_matrix: { readonly labels: readonly string[]; readonly rows: readonly (readonly number[])[] };
  /** Null with more than two classes: the likeliest class is predicted there. */
  readonly threshold: number | null;
  readonly positive: string | null;
  readonly num_samples: number;
  readonly num_patients: number | null;
  readonly intervals: {
    readonly method: 'percentile bootstrap';
    readonly unit: 'patient' | 'row';
    readonly level: number;
    readonly resamples: number;
    /** Resamples that held one class only and were not used. */
    readonly left_out: number;
    readonly seed: number;
  };
}

/** How far a row of float32 probabilities may be from 1 in sum. */
const SUM_TOLERANCE = 1e-3;

function checkInput({ probabilities, labels, classNames, positive, threshold = 0.5, groups }: ReportInput): void {
  const classCount = classNames.length;
  const count = labels.length;
  if (count === 0) throw new DataError('no_rows', 'there are no rows to evaluate', 'Give a test set with rows.');
  if (classCount < 2) throw new RangeError(`a report needs at least two classes, not ${classCount}`);
  if (probabilities.length !== count * classCount) {
    throw new RangeError(
      `${count} rows of ${classCount} classes have ${count * classCount} probabilities, not ${probabilities.length}`,
    );
  }
  if (groups && groups.length !== count) throw new RangeError(`${groups.length} patients for ${count} rows`);
  if (!(threshold >= 0 && threshold <= 1))
    throw new RangeError(`a threshold lies between 0 and 1, not at ${threshold}`);
  if (positive !== undefined && !(positive in classNames)) throw new RangeError(`there is no class number ${positive}`);
  if (classCount === 2 && positive === undefined) {
    throw new DataError(
      'undeclared_positive',
      `nobody said which of "${classNames[0]}" and "${classNames[1]}" is the diseased class, to which sensitivity refers`,
      'Declare it: `positive` in the data configuration.',
    );
  }
  for (let row = 0; row < count; row++) {
    if (!(Number.isInteger(labels[row]) && labels[row]! >= 0 && labels[row]! < classCount)) {
      throw new RangeError(`row ${row} has label ${labels[row]}; classes are 0..${classCount - 1}`);
    }
    let sum = 0;
    for (let index = 0; index < classCount; index++) {
      const probability = probabilities[row * classCount + index]!;
      if (Number.isNaN(probability)) {
        throw new RangeError(
          `the model gave NaN for row ${row}: it has diverged. Train with a lower learning rate or clip_norm.`,
        );
      }
      if (!(probability >= 0 && probability <= 1))
        throw new RangeError(`row ${row} has a probability of ${probability}: give probabilities, not logits`);
      sum += probability;
    }
    if (Math.abs(sum - 1) > SUM_TOLERANCE)
      throw new RangeError(`the probabilities of row ${row} sum to ${sum}, not to 1`);
  }
}

function metricValue(
  name: MetricName,
  value: number | null,
  interval: Interval | undefined,
  source: FigureSource,
  resamples: number,
): MetricValue {
  if (value === null) return { value: null, low: null, high: null, reason: source.reason(name) };
  const { low = null, high = null, used = 0 } = interval ?? {};
  if (low !== null || resamples === 0) return { value, low, high };
  return { value, low, high, reason: `no interval: only ${used} of ${resamples} resamples give a value` };
}

/**
 * Reports on predicted probabilities.
 * @throws DataError `undeclared_positive` (two classes, none declared as the diseased one), `no_rows`; RangeError for
 *   probabilities, labels or sizes that cannot be, NaN included
 */
export function classificationReport(input: ReportInput): ClassificationReport {
  checkInput(input);
  const {
    probabilities,
    labels,
    classNames,
    positive,
    threshold = 0.5,
    groups,
    seed,
    resamples = 1000,
    level = 0.95,
  } = input;
  const count = labels.length;
  const classCount = classNames.length;
  const predictions = { probabilities, labels, classCount, threshold };
  const source =
    classCount === 2
      ? binaryFigures({ ...predictions, positive: positive! })
      : multiclassFigures({ ...predictions, ...(positive !== undefined && { positive }) });
  const whole = source.figures(new Int32Array(count).fill(1));

  const units = groups ?? Int32Array.from({ length: count }, (_, row) => row);
  const holdsOneClass = (weights: Int32Array): boolean => {
    let first = -1;
    for (let row = 0; row < count; row++) {
      if (weights[row] === 0) continue;
      if (first < 0) first = labels[row]!;
      else if (labels[row] !== first) return false;
    }
    return true;
  };
  const result = bootstrap<MetricName>(
    (weights) => (holdsOneClass(weights) ? null : (source.figures(weights) as Record<MetricName, number | null>)),
    units,
    { resamples, seed, level },
  );
  const metrics: Partial<Record<MetricName, MetricValue>> = {};
  for (const name of METRIC_NAMES) {
    const value = whole[name];
    if (value !== undefined) metrics[name] = metricValue(name, value, result.intervals[name], source, resamples);
  }
  return {
    metrics,
    confusion_matrix: { labels: classNames, rows: confusionMatrix(labels, source.predicted, classCount) },
    threshold: classCount === 2 ? threshold : null,
    positive: positive === undefined ? null : classNames[positive]!,
    num_samples: count,
    num_patients: groups ? new Set(Array.from(groups)).size : null,
    intervals: {
      method: 'percentile bootstrap',
      unit: groups ? 'patient' : 'row',
      level,
      resamples,
      left_out: result.leftOut,
      seed,
    },
  };
}
