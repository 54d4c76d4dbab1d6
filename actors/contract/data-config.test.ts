import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataConfig, split } from './data-config.js';
import { parse } from './parse.js';

function faults(value: unknown): string[] {
  const parsed = parse(dataConfig, value);
  return parsed.ok ? [] : parsed.issues.map((issue) => `${issue.loc.join('.')}: ${issue.msg}`);
}

const FILE = { data_path: 'heart.csv', label: 'num' };

describe('data_config', () => {
  it('fills in its defaults', () => {
    expect(dataConfig.parse({ dataset: 'wdbc' })).toEqual({
      dataset: 'wdbc',
      split: { train: 0.7, val: 0.15, test: 0.15, by: 'stratified' },
    });
  });

  it('accepts every word of a tabular data set', () => {
    const all = {
      ...FILE,
      features: ['age', 'chol', 'sex'],
      group: 'patient',
      categorical: ['sex'],
      split: { train: 0.8, val: 0, test: 0.2, seed: 7, by: 'random' },
      missing: ['?', ''],
      positive: 1,
      class_names: ['healthy', 'ill'],
      num_samples: 200,
      preprocess: { impute: 'mean', scale: 'none' },
      images: null,
      transforms: false,
    };
    expect(faults(all)).toEqual([]);
    expect(faults({ dataset: 3, missing: '?' })).toEqual([]);
  });

  it.each([
    [{}, 'names no data'],
    [{ num_samples: 1000 }, 'Nothing is trained on made-up samples'],
    [{ dataset: 'wdbc', ...FILE }, 'data_path: stands beside `dataset`'],
    [{ data_path: 'heart.csv' }, 'label: is required with `data_path`'],
    [
      { data_path: 'heart.parquet', label: 'y' },
      'data_path: Parquet files are not available in this version: give a CSV',
    ],
    [{ data_path: 'a\0.csv', label: 'y' }, 'data_path: must not contain a zero byte'],
    [{ ...FILE, features: ['age', 'num'] }, 'features.1: is the label'],
    [{ ...FILE, features: ['age', 'id'], group: 'id' }, 'features.1: is the column of the patient'],
    [{ ...FILE, features: ['age', 'age'] }, 'features.1: "age" stands twice'],
    [{ ...FILE, features: [] }, 'features: must not be empty'],
    [{ ...FILE, group: 'num' }, 'group: is the column to learn'],
    [{ ...FILE, features: ['age'], categorical: ['sex'] }, 'categorical.0: is not among `features`'],
    [{ ...FILE, categorical: ['num'] }, 'categorical.0: is the label'],
    [{ ...FILE, class_names: ['ill'] }, 'class_names: needs at least 2 entries, received 1'],
    [{ ...FILE, split: { train: 0.8 } }, 'split: train 0.8 + val 0.15 + test 0.15 make 1.1, not 1'],
    [{ ...FILE, split: { train: 0, val: 0.5, test: 0.5 } }, 'split.train: must be greater than 0'],
    [{ ...FILE, split: { train: 0.9, val: 0.1, test: 0 } }, 'split.test: must be greater than 0'],
    [{ ...FILE, split: { by: 'site' } }, 'split.by: "site" is not available in this version'],
    [{ ...FILE, preprocess: { impute: 'knn' } }, 'preprocess.impute: "knn" is not available in this version'],
    [{ ...FILE, preprocess: { scale: 'standrad' } }, 'Did you mean "standard"?'],
    [{ ...FILE, images: 'scans' }, 'images: is not available in this version'],
    [{ ...FILE, num_samples: 0 }, 'num_samples: must be at least 1'],
    [{ dataPath: 'x.csv', dataset: 'wdbc' }, 'dataPath: unknown key "dataPath". Did you mean "data_path"?'],
  ])('refuses %j', (value, message) => {
    const found = faults(value);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });

  it('accepts every three fractions that add up to 1, and no others', () => {
    const percent = fc.integer({ min: 1, max: 98 });
    fc.assert(
      fc.property(percent, percent, fc.integer({ min: 0, max: 98 }), (train, test, val) => {
        const given = { train: train / 100, val: val / 100, test: test / 100 };
        expect(split.safeParse(given).success).toBe(train + val + test === 100);
      }),
    );
    fc.assert(
      fc.property(percent, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (part, share) => {
        const train = part / 100;
        const val = (1 - train) * share;
        expect(split.safeParse({ train, val, test: 1 - train - val }).success).toBe(true);
      }),
    );
  });
});
