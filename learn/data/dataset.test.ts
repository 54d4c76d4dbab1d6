import { describe, expect, it } from 'vitest';
import { tensor } from '../../runtime/tensor.js';
import { readCsv } from './csv.js';
import { createDataset, type Dataset, selectRows } from './dataset.js';
import { overlap } from './overlap.js';
import { datasetSummary } from './summary.js';

const text = 'patient,sex,age,ill\nA1,m,50,0\nB2,f,,1\nA1,m,51,1\nC3,f,40,0\nC3,f,40,0\n';
const dataset = readCsv(new TextEncoder().encode(text), {
  name: 'clinic',
  label: 'ill',
  group: 'patient',
  positive: '1',
});

describe('selecting rows', () => {
  it('takes everything of a row along, in the given order, and numbers the patients anew', () => {
    const part = selectRows(dataset, [3, 0, 2], 'test');
    expect([...part.features.data]).toEqual([0, 40, 1, 50, 1, 51]);
    expect([...part.labels.data]).toEqual([0, 0, 1]);
    expect([...part.groups!.data]).toEqual([0, 1, 1]);
    expect([...part.rowHashes]).toEqual([3, 0, 2].map((row) => dataset.rowHashes[row]));
    expect([...part.groupHashes!]).toEqual([3, 0, 2].map((row) => dataset.groupHashes![row]));
    expect([...part.rowNumbers]).toEqual([5, 2, 4]);
    expect(part.part).toBe('test');
    expect([...dataset.labels.data]).toEqual([0, 1, 1, 0, 0]);
  });

  it('keeps the part it was taken from unless told another, and may be empty', () => {
    expect(selectRows(selectRows(dataset, [0, 1], 'train'), [0]).part).toBe('train');
    expect(selectRows(dataset, []).features.shape).toEqual([0, 2]);
  });

  it.each([[5], [-1], [0.5], [Number.NaN]])('refuses row %s', (row) => {
    expect(() => selectRows(dataset, [row])).toThrow(RangeError);
  });

  it('survives the way to another thread with its memory shared', () => {
    const copy = structuredClone(dataset);
    expect(copy.columns).toEqual(dataset.columns);
    expect([...copy.features.data]).toEqual([...dataset.features.data]);
    expect(copy.features.data.buffer).toBeInstanceOf(SharedArrayBuffer);
  });
});

describe('making a data set', () => {
  const { kind: _, ...fields } = dataset;
  const broken: readonly [string, Partial<Dataset>][] = [
    ['too few labels', { labels: tensor('int32', [1], Int32Array.of(0)) }],
    ['a label without a class', { labels: tensor('int32', [5], Int32Array.of(0, 1, 2, 0, 0)) }],
    ['a category without a name', { features: tensor('float32', [5, 2], new Float32Array(10).fill(2)) }],
    ['half a category', { features: tensor('float32', [5, 2], new Float32Array(10).fill(0.5)) }],
    ['too few hashes', { rowHashes: new BigUint64Array(4) }],
    ['too few patients', { groups: tensor('int32', [1], Int32Array.of(0)) }],
    ['a diseased class that is not there', { positive: 2 }],
  ];
  it.each(broken)('refuses %s', (_what, change) => {
    expect(() => createDataset({ ...fields, ...change })).toThrow(RangeError);
  });
});

describe('the summary', () => {
  it('counts rows, classes, missing values, patients and duplicates', () => {
    expect(datasetSummary(dataset)).toMatchObject({
      name: 'clinic',
      part: null,
      num_samples: 5,
      num_features: 2,
      num_classes: 2,
      classes: [
        { name: '0', count: 3 },
        { name: '1', count: 2 },
      ],
      positive: '1',
      num_patients: 3,
      num_duplicates: 1,
      columns: [
        { name: 'sex', kind: 'categorical', missing: 0, num_categories: 2 },
        { name: 'age', kind: 'numeric', missing: 1 },
      ],
    });
  });

  it('is JSON and names no patient and no category', () => {
    const summary = datasetSummary(
      readCsv(new TextEncoder().encode(text), { name: 'clinic', label: 'ill', categorical: ['patient'] }),
    );
    const json = JSON.stringify(summary);
    expect(JSON.parse(json)).toEqual(summary);
    for (const patient of ['A1', 'B2', 'C3']) expect(json).not.toContain(patient);
  });
});

describe('overlap', () => {
  const first = selectRows(dataset, [0, 1]);

  it('finds equal rows and equal patients, with their lines', () => {
    expect(overlap(first, selectRows(dataset, [1, 2, 3]))).toEqual({ rows: 1, patients: 2, lines: [3, 4] });
  });

  it('is empty for parts that share nothing', () => {
    expect(overlap(first, selectRows(dataset, [3, 4]))).toEqual({ rows: 0, patients: 0, lines: [] });
  });

  it('works on the bare hashes that a model carries', () => {
    expect(overlap({ rowHashes: dataset.rowHashes }, { rowHashes: first.rowHashes })).toEqual({
      rows: 2,
      patients: 0,
      lines: [],
    });
  });
});
