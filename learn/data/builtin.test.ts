import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { BUILTIN_DATASETS, loadBuiltin } from './builtin.js';
import { readCsv } from './csv.js';
import { rowCount } from './dataset.js';
import { DataError } from './errors.js';
import { packageRoot } from './package-root.js';
import { fitPreprocessing } from './preprocessing.js';
import { datasetSummary } from './summary.js';

describe('built-in data sets', () => {
  it('wdbc has the rows, classes and values that its source states', () => {
    const dataset = loadBuiltin('wdbc');
    const summary = datasetSummary(dataset);
    expect(summary).toMatchObject({
      num_samples: 569,
      num_features: 30,
      num_patients: null,
      positive: 'malignant',
      num_duplicates: 0,
      notes: [],
    });
    expect(summary.classes).toEqual([
      { name: 'malignant', count: 212 },
      { name: 'benign', count: 357 },
    ]);
    expect(summary.columns.every(({ missing, kind }) => missing === 0 && kind === 'numeric')).toBe(true);
    expect(dataset.features.data[0]).toBe(Math.fround(17.99));
  });

  it.each(Object.entries(BUILTIN_DATASETS))(
    '%s can be read and tells where it comes from',
    (name, { file, licence }) => {
      expect(rowCount(loadBuiltin(name))).toBeGreaterThan(0);
      expect(readFileSync(path.join(packageRoot(), path.dirname(file), 'README.md'), 'utf8')).toContain(licence);
    },
  );

  it('gives fewer rows when asked, in the same shares', () => {
    expect(datasetSummary(loadBuiltin('wdbc', { num_samples: 100 })).classes).toEqual([
      { name: 'malignant', count: 37 },
      { name: 'benign', count: 63 },
    ]);
  });

  it.each([
    ['wdcb', 'Did you mean "wdbc"?'],
    ['toString', 'There are: wdbc.'],
  ])('refuses %s with the names it knows', (name, remedy) => {
    expect(() => loadBuiltin(name)).toThrow(DataError);
    expect(() => loadBuiltin(name)).toThrow(remedy);
  });
});

describe('the UCI heart disease file', () => {
  const file = path.join(packageRoot(), '../shared/data/heart_cleveland/processed.cleveland.data');
  const columns = 'age,sex,cp,trestbps,chol,fbs,restecg,thalach,exang,oldpeak,slope,ca,thal,num';

  it('is read with its missing values where it says they are', ({ skip }) => {
    if (!existsSync(file)) skip(`the reference data ${file} is not there`);
    const rows = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.replace(/\d$/, (stage) => (stage === '0' ? 'healthy' : 'ill')));
    const dataset = readCsv(new TextEncoder().encode([columns, ...rows].join('\n')), {
      name: 'heart',
      label: 'num',
      positive: 'ill',
      categorical: ['cp', 'restecg', 'slope', 'thal'],
    });
    const summary = datasetSummary(dataset);
    expect(summary.num_samples).toBe(303);
    expect(summary.classes).toEqual([
      { name: 'healthy', count: 164 },
      { name: 'ill', count: 139 },
    ]);
    expect(summary.columns.filter(({ missing }) => missing > 0).map(({ name, missing }) => [name, missing])).toEqual([
      ['ca', 4],
      ['thal', 2],
    ]);
    expect(dataset.columns[12]).toEqual({ name: 'thal', kind: 'categorical', categories: ['3', '6', '7'] });
    expect(() => fitPreprocessing(dataset, { impute: 'none', scale: 'standard' })).toThrow(/"ca", "thal"/);
  });
});
