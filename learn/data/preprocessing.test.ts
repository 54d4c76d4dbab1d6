import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensor } from '../../runtime/tensor.js';
import { alignDataset } from './align.js';
import { readCsv } from './csv.js';
import { type Dataset, selectRows } from './dataset.js';
import { DataError } from './errors.js';
import { applyPreprocessing, fitPreprocessing, preprocessedWidth } from './preprocessing.js';
import { IMPUTATIONS, type PreprocessingRecipe, SCALINGS } from './recipe.js';

const read = (text: string, categorical: readonly string[] = []): Dataset =>
  readCsv(new TextEncoder().encode(text), { name: 'test', label: 'ill', categorical });
const column = (...cells: readonly (number | string)[]): Dataset =>
  read(`x,z,ill\n${cells.map((cell, row) => `${cell},7,${row % 2}`).join('\n')}\n`);
const applied = (data: Dataset, recipe: PreprocessingRecipe): number[] =>
  [...applyPreprocessing(fitPreprocessing(data, recipe), data.features)].filter((_, index) => index % 2 === 0);

function refusal(act: () => unknown): DataError {
  try {
    act();
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('imputation fills a missing number with', () => {
  it.each([
    ['mean', [1, 2, 2, 7, ''], 3],
    ['median', [1, 2, 4, 7, ''], 3],
    ['median', [9, 1, 5, ''], 5],
    ['most_frequent', [8, 4, 8, 4, 1, ''], 4],
  ] as const)('the %s of %s: %s', (impute, cells, expected) => {
    expect(applied(column(...cells), { impute, scale: 'none' }).at(-1)).toBe(expected);
  });

  it('the float32 nearest to the float64 statistic', () => {
    const { columns } = fitPreprocessing(column(0, 0, 1, ''), { impute: 'mean', scale: 'standard' });
    expect(columns[0]).toMatchObject({ fill: Math.fround(1 / 3), center: Math.fround((1 + Math.fround(1 / 3)) / 4) });
  });
});

describe('scaling', () => {
  it('"standard" gives mean 0 and population standard deviation 1', () => {
    // Mean 5, variance (9 + 1 + 1 + 9) / 4 = 5.
    const root = Math.sqrt(5);
    for (const [index, value] of applied(column(2, 4, 6, 8), { impute: 'none', scale: 'standard' }).entries()) {
      expect(value).toBeCloseTo([-3, -1, 1, 3][index]! / root, 6);
    }
  });

  it('"minmax" gives 0..1', () => {
    expect(applied(column(2, 4, 6, 10), { impute: 'none', scale: 'minmax' })).toEqual([0, 0.25, 0.5, 1]);
  });

  it('"none" leaves values alone', () => {
    expect(applied(column(2, 4, 6, 10), { impute: 'none', scale: 'none' })).toEqual([2, 4, 6, 10]);
  });

  it.each(SCALINGS)('of a constant column under "%s" has the factor 1', (scale) => {
    const data = column(0.1, 0.1, 0.1, 0.1);
    expect(fitPreprocessing(data, { impute: 'none', scale }).columns[0]).toMatchObject({ scale: 1 });
    expect(applied(data, { impute: 'none', scale })).toEqual(
      new Array(4).fill(scale === 'none' ? Math.fround(0.1) : 0),
    );
  });

  it('of a column whose spread is too small for float32 stays finite', () => {
    expect(
      applied(column('1e-44', '3e-44', '1e-44'), { impute: 'none', scale: 'standard' }).every(Number.isFinite),
    ).toBe(true);
  });
});

describe('one-hot coding', () => {
  const train = read('sex,age,ill\nm,1,0\nf,2,1\nd,3,0\nf,4,1\n,5,1\n', ['sex']);
  const fitted = fitPreprocessing(train, { impute: 'mean', scale: 'none' });

  it('gives a column a category, a missing one being the most frequent', () => {
    expect(preprocessedWidth(fitted)).toBe(4);
    expect([...applyPreprocessing(fitted, train.features)]).toEqual(
      [
        [0, 0, 1, 1],
        [0, 1, 0, 2],
        [1, 0, 0, 3],
        [0, 1, 0, 4],
        [0, 1, 0, 5],
      ].flat(),
    );
  });

  it('gives zeros for a category that training did not see', () => {
    const features = tensor('float32', [2, 2], Float32Array.of(-1, 1, 3, 2));
    expect([...applyPreprocessing(fitted, features)]).toEqual([0, 0, 0, 1, 0, 0, 0, 2]);
  });

  it('has no column for a category that only other rows of the same file have', () => {
    const data = read('site,ill\nleft,0\nboth,1\nright,0\nleft,1\n', ['site']);
    const fitted = fitPreprocessing(selectRows(data, [0, 2, 3]), { impute: 'median', scale: 'none' });
    expect(fitted.columns[0]).toMatchObject({ categories: expect.not.arrayContaining(['both']) });
    expect(preprocessedWidth(fitted)).toBe(2);
    const rows = applyPreprocessing(fitted, data.features);
    expect([...rows.slice(2, 4)]).toEqual([0, 0]);
    expect([...rows.slice(0, 2)]).toEqual([...rows.slice(6, 8)]);
    expect(rows[0]! + rows[1]!).toBe(1);
  });

  it('sees another file through the categories of training, not through its own numbers', () => {
    const test = read('age,sex,extra,ill\n9,x,0,1\n8,m,0,0\n7,m,0,1\n6,x,0,0\n', ['sex']);
    const aligned = alignDataset(test, { columns: train.columns, classNames: train.classNames });
    expect([...applyPreprocessing(fitted, aligned.features)]).toEqual([0, 0, 0, 9, 0, 0, 1, 8, 0, 0, 1, 7, 0, 0, 0, 6]);
    expect([...aligned.labels.data]).toEqual([1, 0, 1, 0]);
  });
});

describe('aligning another file', () => {
  const train = read('a,b,ill\n1,2,no\n3,4,yes\n');

  it('finds classes by name and keeps rows recognisable', () => {
    const other = readCsv(new TextEncoder().encode('b,a,ill\n2,1,yes\n4,3,perhaps\n'), { name: 'other', label: 'ill' });
    const aligned = alignDataset(other, { columns: train.columns, classNames: ['no', 'yes', 'perhaps'], positive: 1 });
    expect([...aligned.labels.data]).toEqual([1, 2]);
    expect([...aligned.features.data]).toEqual([1, 2, 3, 4]);
    expect(aligned.positive).toBe(1);
    expect([...aligned.rowHashes]).toEqual([...other.rowHashes]);
  });

  it('changes nothing the second time', () => {
    const once = alignDataset(read('b,a,ill\n2,1,yes\n4,3,no\n'), train);
    expect(alignDataset(once, train)).toEqual(once);
  });

  it.each([
    ['a lacking column', 'a,ill\n1,no\n2,yes\n', /lacks the features "b"/],
    ['another kind of column', 'a,b,ill\n1,x,no\n2,x,yes\n', /categorical in "test".*as numeric/],
    ['an unknown class', 'a,b,ill\n1,2,no\n2,2,maybe\n', /class "maybe", the model knows no, yes/],
  ])('refuses %s', (_, text, message) => {
    const error = refusal(() => alignDataset(read(text), train));
    expect(error.code).toBe('incompatible_data');
    expect(error.message).toMatch(message);
  });
});

describe('fitting', () => {
  const number = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 });

  it('sees only the rows it is given', () => {
    fc.assert(
      fc.property(
        fc.array(number, { minLength: 3, maxLength: 10 }),
        fc.array(number, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(...IMPUTATIONS.filter((impute) => impute !== 'none')),
        fc.constantFrom(...SCALINGS),
        (train, test, impute, scale) => {
          const whole = column(...train, ...test);
          const rows = Int32Array.from(train, (_, row) => row);
          const fitted = fitPreprocessing(selectRows(whole, rows), { impute, scale });
          expect(fitted).toEqual(fitPreprocessing(column(...train), { impute, scale }));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('gives JSON that says the same after a round trip, in float32 values', () => {
    fc.assert(
      fc.property(fc.array(number, { minLength: 2, maxLength: 10 }), fc.constantFrom(...SCALINGS), (cells, scale) => {
        const data = column(...cells, '');
        const fitted = fitPreprocessing(data, { impute: 'mean', scale });
        const again = JSON.parse(JSON.stringify(fitted)) as typeof fitted;
        expect(applyPreprocessing(again, data.features)).toEqual(applyPreprocessing(fitted, data.features));
        for (const entry of fitted.columns) {
          if (entry.kind === 'numeric')
            for (const value of [entry.fill!, entry.center, entry.scale]) expect(Math.fround(value)).toBe(value);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('refuses missing values under "none", naming the columns, also in rows that come later', () => {
    const recipe = { impute: 'none', scale: 'none' } as const;
    const holes = read('a,b,c,ill\n1,,1,0\n,2,2,1\n3,3,3,0\n');
    const error = refusal(() => fitPreprocessing(holes, recipe));
    expect(error.code).toBe('missing_values');
    expect(error.message).toContain('"a", "b"');
    expect(error.message).not.toContain('"c"');
    const fitted = fitPreprocessing(selectRows(holes, [2]), recipe);
    expect(refusal(() => applyPreprocessing(fitted, holes.features)).message).toContain('"a", "b"');
  });

  it.each(IMPUTATIONS)('refuses a column without any value under "%s"', (impute) => {
    const error = refusal(() => fitPreprocessing(read('a,b,ill\n1,,0\n2,,1\n'), { impute, scale: 'none' }));
    expect(error).toMatchObject({ code: 'empty_column', place: { column: 'b' } });
  });

  it('refuses no rows', () => {
    expect(refusal(() => fitPreprocessing(selectRows(column(1, 2), []), { impute: 'mean', scale: 'none' })).code).toBe(
      'no_rows',
    );
  });
});

describe('applying', () => {
  it('rounds to float32 after every operation', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), {
          minLength: 2,
          maxLength: 20,
        }),
        (cells) => {
          const data = column(...cells);
          const fitted = fitPreprocessing(data, { impute: 'mean', scale: 'standard' });
          const { center, scale } = fitted.columns[0] as { center: number; scale: number };
          // The same by arithmetic that is float32 throughout: each result goes through a Float32Array.
          const step = new Float32Array(1);
          const expected = cells.map((_, row) => {
            step[0] = data.features.data[row * 2]!;
            step[0] -= center;
            step[0] *= scale;
            return step[0];
          });
          expect(applied(data, { impute: 'mean', scale: 'standard' })).toEqual(expected);
        },
      ),
    );
  });

  it('gives no negative zero, which JSON would not keep', () => {
    const data = column('-0', '-0', 1, '');
    for (const scale of SCALINGS) {
      const fitted = fitPreprocessing(data, { impute: 'most_frequent', scale });
      expect(JSON.parse(JSON.stringify(fitted))).toEqual(fitted);
      expect(applied(data, { impute: 'most_frequent', scale }).some((value) => Object.is(value, -0))).toBe(false);
    }
  });

  it('refuses features of another width', () => {
    const fitted = fitPreprocessing(column(1, 2), { impute: 'mean', scale: 'none' });
    expect(() => applyPreprocessing(fitted, tensor('float32', [1, 3], new Float32Array(3)))).toThrow(RangeError);
  });
});
