import { describe, expect, it } from 'vitest';
import { plainPaint } from './colour.js';
import { aboutTest, areTestFigures, confusionLines, metricLines, testFiguresIn } from './test-figures.js';

const auc = { value: 0.98449, low: 0.95, high: 0.9996 };

describe('figures of a test', () => {
  it('are told from the figures of an epoch, and from a handle', () => {
    expect(areTestFigures({ auc })).toBe(true);
    for (const other of [{ val_auc: 0.9 }, {}, undefined, [auc], { $file: { name: 'metrics.json' } }]) {
      expect(areTestFigures(other)).toBe(false);
    }
    expect(testFiguresIn({ test_auc: auc, train_loss: 0.1, confusion_matrix: { labels: [], rows: [] } })).toEqual({
      test_auc: auc,
    });
    expect(testFiguresIn({ train_loss: 0.1 })).toBeUndefined();
  });

  it('stand with three decimals beside their interval', () => {
    expect(metricLines({ auc, f1: { value: 0.5, low: 0.25, high: 1 } }, 0.95, plainPaint)).toEqual([
      '  figure  value  [95 % interval]',
      '  auc     0.984  [0.950, 1.000]',
      '  f1      0.500  [0.250, 1.000]',
    ]);
  });

  it('say why there is none, instead of a number that looks like one', () => {
    const metrics = {
      auc: { value: null, low: null, high: null, reason: 'only one class' },
      ppv: { value: 1, low: null, high: null, reason: 'no interval: only 3 of 10 resamples give a value' },
      npv: { value: 0.5, low: null, high: null },
    };
    expect(metricLines(metrics, undefined, plainPaint)).toEqual([
      '  figure      value  [low, high]',
      '  auc     undefined  only one class',
      '  ppv         1.000  no interval: only 3 of 10 resamples give a value',
      '  npv         0.500',
    ]);
  });

  it('say on what they rest', () => {
    const report = {
      num_samples: 114,
      num_patients: 80,
      positive: 'M',
      threshold: 0.5,
      intervals: { resamples: 1000, unit: 'patient' },
    };
    expect(aboutTest(report)).toBe(
      '114 rows, 80 patients, positive class "M", threshold 0.500, 1000 bootstrap resamples of patients',
    );
    expect(aboutTest({ num_samples: 1, num_patients: null, threshold: null, intervals: { resamples: 0 } })).toBe(
      '1 row',
    );
    expect(aboutTest({})).toBe('');
  });
});

describe('a confusion matrix', () => {
  it('has the truth in rows and the prediction in columns', () => {
    const matrix = {
      labels: ['malignant', 'benign'],
      rows: [
        [40, 3],
        [2, 169],
      ],
    };
    expect(confusionLines(matrix, plainPaint)).toEqual([
      '  truth \\ predicted  malignant  benign',
      '  malignant                 40       3',
      '  benign                     2     169',
    ]);
  });

  it('is left out when there is none, and when no screen could hold it', () => {
    for (const other of [undefined, null, { labels: ['a'] }, { $file: {} }])
      expect(confusionLines(other, plainPaint)).toEqual([]);
    const labels = Array.from({ length: 21 }, (_, index) => `c${index}`);
    expect(confusionLines({ labels, rows: labels.map(() => labels.map(() => 0)) }, plainPaint)).toEqual([
      '  21 classes: too wide for a screen, --json has it',
    ]);
  });
});
