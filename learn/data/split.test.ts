import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensor } from '../../runtime/tensor.js';
import { loadBuiltin } from './builtin.js';
import { createDataset, type Dataset, rowCount, selectRows } from './dataset.js';
import { DataError } from './errors.js';
import { overlap } from './overlap.js';
import { quotas } from './quota.js';
import { kFold, type Split, splitDataset } from './split.js';

interface Row {
  readonly label: number;
  readonly record: number;
  readonly patient?: number;
}

/** One feature, which is the record's number: it says which rows are the same. */
function dataOf(rows: readonly Row[], classCount = 2): Dataset {
  const count = rows.length;
  const patients = rows.map(({ patient }) => patient ?? 0);
  const withPatients = rows.some(({ patient }) => patient !== undefined);
  return createDataset({
    name: 'made',
    columns: [{ name: 'record', kind: 'numeric' }],
    features: tensor(
      'float32',
      [count, 1],
      Float32Array.from(rows, ({ record }) => record),
    ),
    labels: tensor(
      'int32',
      [count],
      Int32Array.from(rows, ({ label }) => label),
    ),
    classNames: Array.from({ length: classCount }, (_, index) => `class ${index}`),
    rowHashes: BigUint64Array.from(rows, ({ record }) => BigInt(record) * 0x9e3779b97f4a7c15n),
    rowNumbers: Int32Array.from(rows, (_, row) => row + 2),
    source: { name: 'made', sha256: '' },
    ...(withPatients && {
      groups: tensor('int32', [count], Int32Array.from(patients)),
      groupHashes: BigUint64Array.from(patients, BigInt),
    }),
  });
}

const partsOf = (split: Split): Dataset[] => [split.train, split.test, ...(split.val ? [split.val] : [])];
const share = (dataset: Dataset, label: number): number =>
  dataset.labels.data.filter((value) => value === label).length / rowCount(dataset);

function refusal(act: () => unknown): DataError {
  try {
    act();
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const rowsOfPatients = fc
  .array(fc.record({ size: fc.integer({ min: 1, max: 5 }), label: fc.integer({ min: 0, max: 1 }) }), {
    minLength: 20,
    maxLength: 60,
  })
  .map((patients) =>
    [...patients, ...[0, 0, 0, 0, 1, 1, 1, 1].map((label) => ({ size: 1, label }))].flatMap(
      ({ size, label }, patient) =>
        Array.from({ length: size }, (_, index) => ({ label, patient, record: 1 + patient * 10 + index })),
    ),
  );

describe('a split', () => {
  it('covers every row once and shares no patient, whatever the patients and the seed', () => {
    fc.assert(
      fc.property(rowsOfPatients, fc.nat(), fc.constantFrom(0, 0.15), (rows, seed, val) => {
        const dataset = dataOf(rows);
        const split = splitDataset(dataset, { train: 0.8 - val, val, test: 0.2, seed });
        const parts = partsOf(split);
        expect(split.val === undefined).toBe(val === 0);
        const lines = parts.flatMap((part) => [...part.rowNumbers]).sort((a, b) => a - b);
        expect(lines).toEqual([...dataset.rowNumbers]);
        for (const first of parts) {
          for (const second of parts)
            if (first !== second) expect(overlap(first, second)).toEqual({ rows: 0, patients: 0, lines: [] });
        }
      }),
      { numRuns: 60 },
    );
  });

  it('keeps equal records together, also where patients are not known', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 80, maxLength: 120 }),
        fc.nat(),
        (records, seed) => {
          const rows = records.map((record) => ({ record, label: record % 2 }));
          const { train, test } = splitDataset(dataOf(rows), { train: 0.7, val: 0, test: 0.3, seed });
          expect(overlap(train, test).rows).toBe(0);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('keeps patients together who share a record', () => {
    const chain = [0, 1, 2, 3].flatMap((patient) => [
      { patient, record: patient + 1, label: 0 },
      { patient, record: patient + 2, label: 0 },
    ]);
    const others = Array.from({ length: 40 }, (_, index) => ({
      patient: 10 + index,
      record: 100 + index,
      label: index % 2,
    }));
    const { train, test } = splitDataset(dataOf([...chain, ...others]), { train: 0.5, val: 0, test: 0.5, seed: 3 });
    const inTrain = [...train.features.data].filter((record) => record < 10).length;
    expect([0, chain.length]).toContain(inTrain);
    expect([...test.features.data].filter((record) => record < 10)).toHaveLength(chain.length - inTrain);
  });

  it('gives exact class quotas when every row is its own patient', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 10, max: 80 }),
        fc.integer({ min: 10, max: 80 }),
        fc.nat(),
        (healthy, ill, seed) => {
          const rows = Array.from({ length: healthy + ill }, (_, index) => ({
            record: index + 1,
            label: index < healthy ? 0 : 1,
          }));
          const split = splitDataset(dataOf(rows), { train: 0.6, val: 0.2, test: 0.2, seed });
          for (const [label, total] of [healthy, ill].entries()) {
            const counts = [split.train, split.val!, split.test].map(
              (part) => part.labels.data.filter((value) => value === label).length,
            );
            expect(counts).toEqual(quotas(total, [0.6, 0.2, 0.2]));
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('keeps class shares close with patients of several rows', () => {
    fc.assert(
      fc.property(rowsOfPatients, fc.nat(), (rows, seed) => {
        const dataset = dataOf(rows);
        const { train, test } = splitDataset(dataset, { train: 0.6, val: 0, test: 0.4, seed });
        // At most one patient (5 rows) off in either class.
        const slack = 5 / rowCount(test);
        expect(Math.abs(share(test, 1) - share(dataset, 1))).toBeLessThan(slack);
        expect(Math.abs(share(train, 1) - share(dataset, 1))).toBeLessThan(slack);
      }),
      { numRuns: 60 },
    );
  });

  it('does not send the largest patients to the training part every time', () => {
    const rows = Array.from({ length: 60 }, (_, patient) => patient).flatMap((patient) =>
      Array.from({ length: patient === 0 ? 8 : 1 }, (_, index) => ({
        patient,
        label: patient % 2,
        record: 1 + patient * 10 + index,
      })),
    );
    const dataset = dataOf(rows);
    let inTest = 0;
    for (let seed = 0; seed < 60; seed++) {
      const { test } = splitDataset(dataset, { train: 0.5, val: 0, test: 0.5, seed });
      if (test.features.data.some((record) => record < 10)) inTest += 1;
    }
    expect(inTest).toBeGreaterThan(15);
    expect(inTest).toBeLessThan(45);
  });

  it('depends on the seed and not on the order of the rows', () => {
    const dataset = loadBuiltin('wdbc');
    const options = { train: 0.7, val: 0.15, test: 0.15, seed: 42 };
    const order = Array.from({ length: rowCount(dataset) }, (_, row) => row).reverse();
    const names = (split: Split) => partsOf(split).map((part) => [...part.rowHashes].sort());
    const split = splitDataset(dataset, options);
    expect(names(splitDataset(dataset, options))).toEqual(names(split));
    expect(names(splitDataset(selectRows(dataset, order), options))).toEqual(names(split));
    expect(names(splitDataset(dataset, { ...options, seed: 43 }))).not.toEqual(names(split));
  });

  it('divides the built-in set as quotas say and names the parts', () => {
    const split = splitDataset(loadBuiltin('wdbc'), { train: 0.7, val: 0.15, test: 0.15, seed: 1 });
    // 212 malignant: 148.4, 31.8, 31.8; 357 benign: 249.9, 53.55, 53.55 rows.
    expect([split.train, split.val!, split.test].map(rowCount)).toEqual([148 + 250, 32 + 53, 32 + 54]);
    expect([split.train, split.val!, split.test].map(({ part }) => part)).toEqual(['train', 'val', 'test']);
  });

  it('by "random" keeps the sizes only', () => {
    const split = splitDataset(loadBuiltin('wdbc'), { train: 0.5, val: 0, test: 0.5, seed: 5, by: 'random' });
    expect([rowCount(split.train), rowCount(split.test)]).toEqual([284, 285]);
    expect(share(split.train, 0)).not.toBeCloseTo(212 / 569, 3);
  });

  it.each([
    ['a sum below 1', { train: 0.5, val: 0.2, test: 0.2 }, /adds up to 0.9/],
    ['a negative fraction', { train: 1.2, val: -0.4, test: 0.2 }, /between 0 and 1/],
    ['no test part', { train: 0.8, val: 0.2, test: 0 }, /only val may be 0/],
    ['no training part', { train: 0, val: 0.5, test: 0.5 }, /only val may be 0/],
    ['not a number', { train: Number.NaN, val: 0.5, test: 0.5 }, /between 0 and 1/],
  ])('refuses %s', (_, fractions, message) => {
    const error = refusal(() => splitDataset(loadBuiltin('wdbc'), { ...fractions, seed: 1 }));
    expect(error.code).toBe('bad_split');
    expect(error.message).toMatch(message);
  });

  it('accepts fractions whose sum is off by rounding alone', () => {
    expect(() => splitDataset(loadBuiltin('wdbc'), { train: 0.1 + 0.2, val: 0.3, test: 0.4, seed: 1 })).not.toThrow();
  });

  it('refuses when a part would miss a class, naming the class', () => {
    const rows = Array.from({ length: 30 }, (_, index) => ({ record: index + 1, label: index < 2 ? 1 : 0 }));
    const error = refusal(() => splitDataset(dataOf(rows), { train: 0.6, val: 0.2, test: 0.2, seed: 1 }));
    expect(error.code).toBe('unsplittable');
    expect(error.message).toMatch(/class "class 1" has 2 different rows.*train, val, test/);
  });

  it('counts patients, not rows, when it says that a class is too rare', () => {
    const rows = Array.from({ length: 30 }, (_, index) => ({
      record: index + 1,
      label: index < 9 ? 1 : 0,
      patient: index < 9 ? 0 : index,
    }));
    expect(refusal(() => splitDataset(dataOf(rows), { train: 0.6, val: 0.2, test: 0.2, seed: 1 })).message).toMatch(
      /has 1 patient,/,
    );
  });

  it('finds the split that exists although most draws would miss a class', () => {
    // Three patients with the rare class, of very different sizes, one for each part.
    const sizes = [12, 6, 1];
    const rare = sizes.flatMap((size, patient) =>
      Array.from({ length: size }, (_, index) => ({ patient, label: 1, record: 1 + patient * 20 + index })),
    );
    const rest = Array.from({ length: 40 }, (_, index) => ({ patient: 10 + index, label: 0, record: 1000 + index }));
    for (let seed = 0; seed < 20; seed++) {
      const split = splitDataset(dataOf([...rare, ...rest]), { train: 0.6, val: 0.2, test: 0.2, seed });
      for (const part of partsOf(split)) expect([...part.labels.data]).toContain(1);
    }
  });

  it('refuses an empty data set', () => {
    expect(refusal(() => splitDataset(dataOf([]), { train: 0.5, val: 0, test: 0.5, seed: 1 })).code).toBe('no_rows');
  });
});

describe('cross-validation', () => {
  it('tests every row once, keeps patients together and classes balanced', () => {
    fc.assert(
      fc.property(rowsOfPatients, fc.nat(), (rows, seed) => {
        const dataset = dataOf(rows);
        const folds = kFold(dataset, { folds: 3, seed });
        expect(folds.flatMap(({ test }) => [...test.rowNumbers]).sort((a, b) => a - b)).toEqual([
          ...dataset.rowNumbers,
        ]);
        for (const { train, test } of folds) {
          expect(rowCount(train) + rowCount(test)).toBe(rowCount(dataset));
          expect(overlap(train, test)).toEqual({ rows: 0, patients: 0, lines: [] });
        }
      }),
      { numRuns: 30 },
    );
  });

  it('divides 569 rows into folds of 113 to 115 with 42 or 43 malignant each', () => {
    for (const { test } of kFold(loadBuiltin('wdbc'), { folds: 5, seed: 9 })) {
      expect(rowCount(test)).toBeGreaterThanOrEqual(113);
      expect(rowCount(test)).toBeLessThanOrEqual(115);
      expect([42, 43]).toContain(test.labels.data.filter((label) => label === 0).length);
    }
  });

  it.each([[1], [2.5], [0]])('refuses %s folds', (folds) => {
    expect(refusal(() => kFold(loadBuiltin('wdbc'), { folds, seed: 1 })).code).toBe('bad_split');
  });

  it('refuses more folds than a class has rows', () => {
    expect(refusal(() => kFold(loadBuiltin('wdbc'), { folds: 213, seed: 1 })).code).toBe('unsplittable');
  });
});

describe('quotas', () => {
  it('add up, are at most one off, and give every share at least one where they can', () => {
    const shares = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 6 }).map((parts) => {
      const sum = parts.reduce((total, part) => total + part, 0);
      return parts.map((part) => part / sum);
    });
    fc.assert(
      fc.property(fc.nat(200), shares, (total, fractions) => {
        const counts = quotas(total, fractions);
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(total);
        if (total >= fractions.length) expect(Math.min(...counts)).toBeGreaterThan(0);
        if (fractions.every((fraction) => total * fraction >= 1)) {
          for (const [index, count] of counts.entries())
            expect(Math.abs(count - total * fractions[index]!)).toBeLessThan(1);
        }
      }),
    );
  });

  it('give nothing to a share of 0', () => {
    expect(quotas(10, [0.7, 0, 0.3])).toEqual([7, 0, 3]);
  });
});
