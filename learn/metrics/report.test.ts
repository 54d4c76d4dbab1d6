import { performance } from 'node:perf_hooks';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadBuiltin } from '../data/builtin.js';
import { type Dataset, rowCount, selectRows } from '../data/dataset.js';
import { applyPreprocessing, fitPreprocessing } from '../data/preprocessing.js';
import { random, STREAMS } from '../random.js';
import { METRIC_NAMES } from './figures.js';
import { classificationReport, type ReportInput } from './report.js';

const twoClasses = (scores: readonly number[]): number[] => scores.flatMap((score) => [1 - score, score]);

/** Truth 0 0 0 1 1 1, of which one healthy and one ill are taken for the other. */
const SMALL: ReportInput = {
  probabilities: twoClasses([0.1, 0.2, 0.7, 0.4, 0.8, 0.9]),
  labels: [0, 0, 0, 1, 1, 1],
  classNames: ['healthy', 'ill'],
  positive: 1,
  seed: 1,
  resamples: 200,
};

/** Every interval and value, and no NaN among them, however deep. */
function expectNoNaN(value: unknown): void {
  if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
  else if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) expectNoNaN(inner);
}

describe('the report on two classes', () => {
  it('has the figures computed by hand', () => {
    const { metrics, confusion_matrix, threshold, positive, num_samples, num_patients } = classificationReport(SMALL);
    expect(confusion_matrix).toEqual({
      labels: ['healthy', 'ill'],
      rows: [
        [2, 1],
        [1, 2],
      ],
    });
    const values = Object.fromEntries(Object.entries(metrics).map(([name, { value }]) => [name, value]));
    // Of the 9 pairs only 0.4 < 0.7 is in the wrong order.
    const expected = {
      auc: 8 / 9,
      accuracy: 2 / 3,
      sensitivity: 2 / 3,
      specificity: 2 / 3,
      ppv: 2 / 3,
      npv: 2 / 3,
      f1: 2 / 3,
      balanced_accuracy: 2 / 3,
      brier: (0.01 + 0.04 + 0.49 + 0.36 + 0.04 + 0.01) / 6,
      cross_entropy:
        -(Math.log(0.9) + Math.log(0.8) + Math.log(0.3) + Math.log(0.4) + Math.log(0.8) + Math.log(0.9)) / 6,
    };
    expect(Object.keys(values)).toEqual([...METRIC_NAMES]);
    for (const [name, value] of Object.entries(expected)) expect(values[name]).toBeCloseTo(value, 9);
    expect({ threshold, positive, num_samples, num_patients }).toEqual({
      threshold: 0.5,
      positive: 'ill',
      num_samples: 6,
      num_patients: null,
    });
  });

  it('refers to the positive class, whichever number it has', () => {
    const input = { ...SMALL, probabilities: twoClasses([0.1, 0.2, 0.3, 0.4, 0.8, 0.9]) };
    const ill = classificationReport({ ...input, positive: 1 }).metrics;
    const healthy = classificationReport({ ...input, positive: 0 }).metrics;
    expect(ill.sensitivity!.value).toBeCloseTo(2 / 3, 12);
    expect(ill.specificity!.value).toBe(1);
    expect(healthy.sensitivity).toEqual(ill.specificity);
    expect(healthy.specificity).toEqual(ill.sensitivity);
    expect(healthy.auc!.value).toBe(ill.auc!.value);
  });

  it('predicts the positive class from the threshold on, itself included', () => {
    const at = (threshold: number) =>
      classificationReport({ ...SMALL, probabilities: twoClasses([0.25, 0.25, 0.25, 0.5, 0.75, 0.75]), threshold });
    expect(at(0.5).metrics.sensitivity!.value).toBe(1);
    expect(at(0.51).metrics.sensitivity!.value).toBeCloseTo(2 / 3, 12);
    expect(at(0.25).confusion_matrix.rows).toEqual([
      [0, 3],
      [0, 3],
    ]);
  });

  it('says why a value is not defined, and gives null', () => {
    const nobody = classificationReport({ ...SMALL, threshold: 1 });
    expect(nobody.metrics.ppv).toEqual({ value: null, low: null, high: null, reason: 'no row was predicted positive' });
    const healthy = classificationReport({ ...SMALL, labels: [0, 0, 0, 0, 0, 0] });
    expect(healthy.metrics.auc).toMatchObject({ value: null, reason: 'all rows are of one class' });
    expect(healthy.metrics.sensitivity).toMatchObject({ value: null, reason: 'no row is of the positive class' });
    expect(healthy.metrics.accuracy).toMatchObject({
      value: 0.5,
      low: null,
      reason: expect.stringContaining('0 of 200 resamples'),
    });
    expect(healthy.intervals.left_out).toBe(200);
    expectNoNaN(healthy);
  });

  it('has intervals around its values, the same for the same seed', () => {
    const report = classificationReport(SMALL);
    for (const { value, low, high } of Object.values(report.metrics)) {
      expect(low!).toBeLessThanOrEqual(value!);
      expect(high!).toBeGreaterThanOrEqual(value!);
    }
    expect(classificationReport(SMALL)).toEqual(report);
    expect(classificationReport({ ...SMALL, seed: 2 }).metrics).not.toEqual(report.metrics);
    // Two rows of six of one class alone come up now and then: 2 * (1/2)^6 of the resamples.
    expect(report.intervals.left_out).toBeGreaterThan(0);
    expect(report.intervals.left_out).toBeLessThan(20);
  });

  it('resamples patients where they are known', () => {
    const scores = Array.from({ length: 120 }, (_, row) => ((row * 29) % 120) / 120);
    const labels = scores.map((score, row) => (score + (row % 3) * 0.15 > 0.6 ? 1 : 0));
    const input = { ...SMALL, probabilities: twoClasses(scores), labels, resamples: 300 };
    const byRow = classificationReport(input);
    const byPatient = classificationReport({ ...input, groups: scores.map((score) => Math.floor(score * 10)) });
    const width = ({ metrics }: typeof byRow): number => metrics.accuracy!.high! - metrics.accuracy!.low!;
    expect(byPatient.metrics.accuracy!.value).toBe(byRow.metrics.accuracy!.value);
    expect(byPatient).toMatchObject({ num_patients: 10, intervals: { unit: 'patient' } });
    expect(byRow).toMatchObject({ num_patients: null, intervals: { unit: 'row' } });
    expect(width(byPatient)).toBeGreaterThan(1.3 * width(byRow));
  });

  it('without resamples gives values alone', () => {
    const { metrics } = classificationReport({ ...SMALL, resamples: 0 });
    expect(metrics.accuracy).toEqual({ value: 2 / 3, low: null, high: null });
  });

  it('never holds NaN and is JSON, whatever the predictions', () => {
    const row = fc.record({ score: fc.constantFrom(0, 0.25, 0.5, 1), label: fc.nat(1), group: fc.nat(3) });
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 12 }),
        fc.boolean(),
        fc.constantFrom(0, 0.5, 1),
        (rows, grouped, threshold) => {
          const report = classificationReport({
            ...SMALL,
            probabilities: twoClasses(rows.map(({ score }) => score)),
            labels: rows.map(({ label }) => label),
            threshold,
            resamples: 20,
            ...(grouped && { groups: rows.map(({ group }) => group) }),
          });
          expectNoNaN(report);
          expect(JSON.parse(JSON.stringify(report))).toEqual(report);
          for (const { value, reason } of Object.values(report.metrics))
            if (value === null) expect(reason).toBeTruthy();
        },
      ),
    );
  });

  it('does 1000 resamples of 200 rows in well under a second', () => {
    const draws = random(3, STREAMS.user);
    const scores = Array.from({ length: 200 }, () => draws.uniform());
    const labels = scores.map((score) => (draws.uniform() < score ? 1 : 0));
    const start = performance.now();
    classificationReport({ ...SMALL, probabilities: twoClasses(scores), labels, resamples: 1000 });
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe('the report on several classes', () => {
  const three: ReportInput = {
    probabilities: [0.6, 0.3, 0.1, 0.2, 0.5, 0.3, 0.5, 0.1, 0.4, 0.3, 0.4, 0.3],
    labels: [0, 1, 2, 0],
    classNames: ['a', 'b', 'c'],
    seed: 1,
    resamples: 50,
  };

  it('has macro averages by hand and claims no sensitivity', () => {
    const { metrics, confusion_matrix, threshold } = classificationReport(three);
    expect(confusion_matrix.rows).toEqual([
      [1, 1, 0],
      [0, 1, 0],
      [1, 0, 0],
    ]);
    expect(Object.keys(metrics)).toEqual(['auc', 'accuracy', 'f1', 'balanced_accuracy', 'brier', 'cross_entropy']);
    expect(metrics.accuracy!.value).toBe(0.5);
    expect(metrics.auc!.value).toBeCloseTo((0.75 + 1 + 1) / 3, 12);
    expect(metrics.balanced_accuracy!.value).toBeCloseTo((0.5 + 1 + 0) / 3, 12);
    // Class a: 2/(2+1+1); b: 2/(2+1+0); c: 0/(0+0+1).
    expect(metrics.f1!.value).toBeCloseTo((0.5 + 2 / 3 + 0) / 3, 12);
    expect(threshold).toBeNull();
  });

  it('has the rates of the positive class against the rest when there is one', () => {
    const { metrics, positive } = classificationReport({ ...three, positive: 0 });
    expect(positive).toBe('a');
    expect(metrics.sensitivity!.value).toBe(0.5);
    expect(metrics.specificity!.value).toBe(0.5);
    expect(metrics.ppv!.value).toBe(0.5);
    expect(metrics.npv!.value).toBe(0.5);
  });

  it('has no macro average when a class has no row', () => {
    const { metrics } = classificationReport({ ...three, labels: [0, 1, 1, 0] });
    for (const name of ['auc', 'f1', 'balanced_accuracy'] as const) {
      expect(metrics[name]).toMatchObject({ value: null, reason: expect.stringContaining('a class has no row') });
    }
    expect(metrics.accuracy!.value).not.toBeNull();
  });
});

describe('what cannot be reported on is refused', () => {
  it('two classes of which none is declared diseased', () => {
    const { positive: _, ...undeclared } = SMALL;
    expect(() => classificationReport(undeclared)).toThrow(expect.objectContaining({ code: 'undeclared_positive' }));
    expect(() => classificationReport(undeclared)).toThrow(/`positive`/);
  });

  const cases: readonly [string, Partial<ReportInput>, RegExp][] = [
    ['NaN', { probabilities: twoClasses([0.1, Number.NaN, 0.7, 0.4, 0.8, 0.9]) }, /NaN for row 1: it has diverged/],
    ['logits', { probabilities: twoClasses([0.1, 2, 0.7, 0.4, 0.8, 0.9]) }, /not logits/],
    ['rows that do not sum to 1', { probabilities: new Array(12).fill(0.9) }, /sum to 1.8/],
    ['the wrong number of probabilities', { probabilities: [0.5, 0.5] }, /12 probabilities, not 2/],
    ['a label without a class', { labels: [0, 0, 0, 1, 1, 2] }, /row 5 has label 2/],
    ['patients of other rows', { groups: [1] }, /1 patients for 6 rows/],
    ['a threshold in percent', { threshold: 50 }, /between 0 and 1/],
    ['a positive class that is not there', { positive: 2 }, /no class number 2/],
    ['no rows', { probabilities: [], labels: [] }, /no rows/],
    ['one class', { classNames: ['ill'], probabilities: [1, 1, 1, 1, 1, 1] }, /two classes/],
  ];
  it.each(cases)('%s', (_, change, message) => {
    expect(() => classificationReport({ ...SMALL, ...change })).toThrow(message);
  });
});

/** Logistic regression by plain gradient descent on standardised features: small enough to be checked by eye. */
function logisticScores(train: Dataset, test: Dataset, steps: number, penalty: number): Float64Array {
  const fitted = fitPreprocessing(train, { impute: 'mean', scale: 'standard' });
  const [inputs, others] = [applyPreprocessing(fitted, train.features), applyPreprocessing(fitted, test.features)];
  const count = rowCount(train);
  const width = inputs.length / count;
  const weights = new Float64Array(width + 1);
  const score = (values: Float32Array, row: number): number => {
    let sum = weights[width]!;
    for (let column = 0; column < width; column++) sum += weights[column]! * values[row * width + column]!;
    return 1 / (1 + Math.exp(-sum));
  };
  for (let step = 0; step < steps; step++) {
    const gradient = new Float64Array(width + 1);
    for (let row = 0; row < count; row++) {
      const residual = score(inputs, row) - (train.labels.data[row] === train.positive ? 1 : 0);
      for (let column = 0; column < width; column++) gradient[column]! += residual * inputs[row * width + column]!;
      gradient[width]! += residual;
    }
    for (let column = 0; column <= width; column++)
      weights[column]! -= (gradient[column]! / count + penalty * weights[column]!) * 0.3;
  }
  return Float64Array.from({ length: rowCount(test) }, (_, row) => score(others, row));
}

describe('reading, preprocessing and metrics together', () => {
  it('give the AUC of 0.993 that logistic regression is known to reach on the built-in data', () => {
    const dataset = loadBuiltin('wdbc');
    const rows = Array.from({ length: rowCount(dataset) }, (_, row) => row);
    const train = selectRows(
      dataset,
      rows.filter((row) => row % 3 !== 0),
      'train',
    );
    const test = selectRows(
      dataset,
      rows.filter((row) => row % 3 === 0),
      'test',
    );
    const scores = logisticScores(train, test, 400, 0.002);
    const report = classificationReport({
      probabilities: [...scores].flatMap((score) => [score, 1 - score]),
      labels: test.labels.data,
      classNames: dataset.classNames,
      positive: dataset.positive!,
      seed: 1,
      resamples: 200,
    });
    expect(report.metrics.auc!.value).toBeGreaterThan(0.99);
    expect(report.metrics.auc!.value).toBeLessThan(0.998);
    expect(report.metrics.sensitivity!.value).toBeGreaterThan(0.9);
    expect(report.num_samples).toBe(190);
  });
});
