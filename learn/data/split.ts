/** Training, validation and test parts that share no patient and no record. */
import { random, STREAMS } from '../random.js';
import { assignUnits } from './assign.js';
import { type Dataset, rowCount, selectRows } from './dataset.js';
import { DataError } from './errors.js';
import { splitUnits, type Unit } from './units.js';

/** How large the parts are, and how rows are given to them. */
export interface SplitOptions {
  /** Fractions of the rows, sum 1 (within 1e-9). `train` and `test` are above 0; `val` may be 0. */
  readonly train: number;
  readonly val: number;
  readonly test: number;
  /** Whole number in [0, 2^53). */
  readonly seed: number;
  /** `stratified` (the default) keeps the shares of the classes in every part; `random` only the number of rows. */
  readonly by?: 'random' | 'stratified';
}

/** The parts of a data set: no two share a patient or a record. */
export interface Split {
  readonly train: Dataset;
  /** Absent when its fraction is 0. */
  readonly val?: Dataset;
  readonly test: Dataset;
}

/** With few patients a draw may leave a part without a class where another draw does not. */
const ATTEMPTS = 100;

function checkFractions({ train, val, test }: SplitOptions): void {
  const given = `train ${train}, val ${val}, test ${test}`;
  const usable = [train, val, test].every((fraction) => Number.isFinite(fraction) && fraction >= 0 && fraction <= 1);
  if (!usable || train === 0 || test === 0) {
    throw new DataError('bad_split', `the split is ${given}`, 'Fractions lie between 0 and 1; only val may be 0.');
  }
  if (Math.abs(train + val + test - 1) > 1e-9) {
    throw new DataError(
      'bad_split',
      `the split ${given} adds up to ${Number((train + val + test).toPrecision(12))}`,
      'The three fractions must add up to 1.',
    );
  }
}

/** Number of rows of each class in each part. [parts][classes] */
function classTable(dataset: Dataset, units: readonly Unit[], parts: Int32Array, partCount: number): number[][] {
  const table = Array.from({ length: partCount }, () => dataset.classNames.map(() => 0));
  for (const [index, unit] of units.entries()) {
    for (const row of unit.rows) table[parts[index]!]![dataset.labels.data[row]!]! += 1;
  }
  return table;
}

/** Number of units that have a row of each class. */
function carriersOf(dataset: Dataset, units: readonly Unit[]): number[] {
  const carriers = dataset.classNames.map(() => 0);
  for (const { rows } of units) {
    for (const label of new Set(rows.map((row) => dataset.labels.data[row]!))) carriers[label]! += 1;
  }
  return carriers;
}

function refuse(
  dataset: Dataset,
  classIndex: number,
  carriers: number,
  partNames: readonly string[],
  by: string,
): never {
  const unit = dataset.groups || dataset.groupHashes ? 'patient' : 'different row';
  const parts = partNames.length > 5 ? `${partNames.length} parts` : partNames.join(', ');
  const which = carriers >= partNames.length ? 'this split' : 'no split';
  throw new DataError(
    'unsplittable',
    `class "${dataset.classNames[classIndex]}" has ${carriers} ${unit}${carriers === 1 ? '' : 's'}, and ${which} gives each of ${parts} one`,
    by === 'random'
      ? 'Split by "stratified", or make the smallest part larger.'
      : 'Make the smallest part larger, use fewer parts, join rare classes, or add patients of that class.',
  );
}

/**
 * The rows of each part, ascending. Deterministic in the seed; which rows go together does not depend on their order.
 * @param shares one a part, sum 1, all above 0
 * @throws DataError `unsplittable` when a part would miss a class
 */
function partition(
  dataset: Dataset,
  shares: readonly number[],
  partNames: readonly string[],
  seed: number,
  by: 'random' | 'stratified',
): Int32Array[] {
  const units = splitUnits(dataset);
  const counts = units.map(({ rows }) => {
    if (by === 'random') return [rows.length];
    const perClass = dataset.classNames.map(() => 0);
    for (const row of rows) perClass[dataset.labels.data[row]!]! += 1;
    return perClass;
  });
  const carriers = carriersOf(dataset, units);
  let missing = carriers.findIndex((count) => count > 0 && count < shares.length);
  if (missing >= 0) refuse(dataset, missing, carriers[missing]!, partNames, by);
  for (let attempt = 0; attempt < (by === 'random' ? 1 : ATTEMPTS); attempt++) {
    const parts = assignUnits(counts, shares, random(seed, STREAMS.split, attempt));
    const table = classTable(dataset, units, parts, shares.length);
    missing = carriers.findIndex((count, index) => count > 0 && table.some((part) => part[index] === 0));
    if (missing >= 0) continue;
    return shares.map((_, part) =>
      Int32Array.from(units.flatMap(({ rows }, unit) => (parts[unit] === part ? rows : []))).sort(),
    );
  }
  return refuse(dataset, missing, carriers[missing]!, partNames, by);
}

/**
 * Splits a data set. Rows of one patient, and rows that are the same record, stay together; each part keeps the order of
 * the source.
 * @throws DataError `bad_split`, `no_rows`, `unsplittable`
 */
export function splitDataset(dataset: Dataset, options: SplitOptions): Split {
  checkFractions(options);
  if (rowCount(dataset) === 0) throw new DataError('no_rows', `"${dataset.name}" has no rows to split`, 'Add rows.');
  const names = (['train', 'val', 'test'] as const).filter((part) => options[part] > 0);
  const parts = partition(
    dataset,
    names.map((part) => options[part]),
    names,
    options.seed,
    options.by ?? 'stratified',
  );
  const datasets = Object.fromEntries(names.map((part, index) => [part, selectRows(dataset, parts[index]!, part)]));
  return datasets as unknown as Split;
}

/** One fold of a cross-validation. */
export interface Fold {
  readonly train: Dataset;
  readonly test: Dataset;
}

/**
 * Cross-validation: every row is in the test part of exactly one fold. Stratified, and grouped as {@link splitDataset} is.
 * @throws DataError `bad_split` unless `folds` is a whole number >= 2; `unsplittable` when a test part would miss a class
 */
export function kFold(dataset: Dataset, { folds, seed }: { readonly folds: number; readonly seed: number }): Fold[] {
  if (!Number.isInteger(folds) || folds < 2) {
    throw new DataError('bad_split', `there cannot be ${folds} folds`, 'Give a whole number of at least 2.');
  }
  if (rowCount(dataset) === 0) throw new DataError('no_rows', `"${dataset.name}" has no rows to split`, 'Add rows.');
  const shares = new Array<number>(folds).fill(1 / folds);
  const names = shares.map((_, fold) => `fold ${fold + 1}`);
  const tests = partition(dataset, shares, names, seed, 'stratified');
  return tests.map((test, fold) => ({
    train: selectRows(
      dataset,
      Int32Array.from(tests.flatMap((rows, other) => (other === fold ? [] : [...rows]))).sort(),
      'train',
    ),
    test: selectRows(dataset, test, 'test'),
  }));
}
