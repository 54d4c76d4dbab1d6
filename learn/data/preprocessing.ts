/**
 * Imputation, scaling and one-hot coding: fitted to training rows, then the same numbers for everybody. Statistics are
 * computed in float64 and stored as float32 values; applying them does what the ONNX operators Where(IsNaN), Sub and Mul
 * do in float32, in this order, so that an exported graph gives the same bits.
 */
import type { Tensor } from '../../runtime/tensor.js';
import { type Dataset, rowCount } from './dataset.js';
import { DataError } from './errors.js';
import type { PreprocessingRecipe } from './recipe.js';

/** What is done to a column of numbers. */
export interface FittedNumeric {
  readonly kind: 'numeric';
  readonly name: string;
  /** Replaces a missing value; null when missing values are refused. */
  readonly fill: number | null;
  /** output = (value - center) * scale, as the Scaler operator of ONNX-ML defines them. */
  readonly center: number;
  readonly scale: number;
}

/** What is done to a column of categories: one-hot coding. */
export interface FittedCategorical {
  readonly kind: 'categorical';
  readonly name: string;
  /**
   * Those that the training rows have: one output column each, 1 where the row has the category. Any other category gives
   * zeros throughout: a column that was never 1 in training would bring in a weight that was never trained.
   */
  readonly categories: readonly string[];
  /** The number that stands for each of them in the data. */
  readonly codes: readonly number[];
  /** Code of the category that replaces a missing one; null when missing values are refused. */
  readonly fill: number | null;
}

/** Plain JSON-able data; every number is a float32 value. */
export interface FittedPreprocessing {
  readonly recipe: PreprocessingRecipe;
  /** In the order of the features. Outputs follow in the same order, one a number, one a category. */
  readonly columns: readonly (FittedNumeric | FittedCategorical)[];
}

function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** The most frequent value; the smallest of them where several are. `values` is sorted. */
function mostFrequent(values: Float64Array): number {
  let best = values[0]!;
  let bestCount = 0;
  for (let from = 0; from < values.length; ) {
    let to = from;
    while (to < values.length && values[to] === values[from]) to += 1;
    if (to - from > bestCount) [best, bestCount] = [values[from]!, to - from];
    from = to;
  }
  return best;
}

/** Sorted, present values of a column -> what replaces a missing one. */
const FILLS: Record<Exclude<PreprocessingRecipe['impute'], 'none'>, (sorted: Float64Array) => number> = {
  mean,
  median: (sorted) => (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2,
  most_frequent: mostFrequent,
};

/** Sorted values of a column, holes filled -> centre and the factor after it. */
const SCALERS: Record<
  PreprocessingRecipe['scale'],
  (sorted: Float64Array) => readonly [center: number, scale: number]
> = {
  none: () => [0, 1],
  standard: (sorted) => {
    const center = mean(sorted);
    return [center, 1 / Math.sqrt(mean(sorted.map((value) => (value - center) ** 2)))];
  },
  minmax: (sorted) => [sorted[0]!, 1 / (sorted[sorted.length - 1]! - sorted[0]!)],
};

/** The nearest float32 value; never -0, which JSON does not keep. */
function float32(value: number): number {
  return Math.fround(value) + 0;
}

function fitNumeric(name: string, present: Float64Array, count: number, recipe: PreprocessingRecipe): FittedNumeric {
  const fill = recipe.impute === 'none' ? null : float32(FILLS[recipe.impute](present));
  const filled = new Float64Array(count).fill(fill ?? 0);
  filled.set(present);
  filled.sort();
  const constant = filled[0] === filled[count - 1];
  const [center, factor] = SCALERS[recipe.scale](filled);
  const scale = Math.fround(factor);
  // A constant column tells nothing, and one whose spread underflows no more: centred, both are 0.
  return {
    kind: 'numeric',
    name,
    fill,
    center: float32(center),
    scale: constant || !Number.isFinite(scale) ? 1 : scale,
  };
}

function refuseMissing(names: readonly string[]): never {
  throw new DataError(
    'missing_values',
    `values are missing in ${names.map((name) => `"${name}"`).join(', ')}`,
    'Choose `impute`: "mean", "median" or "most_frequent", or leave these columns out of `features`.',
  );
}

/**
 * Fits a recipe to the rows given, which must be the training rows and nothing else.
 * Scaling statistics are those of the column after imputation.
 * @throws DataError `no_rows`, `missing_values` (recipe `none`), `empty_column`
 */
export function fitPreprocessing(train: Dataset, recipe: PreprocessingRecipe): FittedPreprocessing {
  const count = rowCount(train);
  const width = train.columns.length;
  if (count === 0)
    throw new DataError('no_rows', `"${train.name}" has no rows to fit the preprocessing to`, 'Add rows.');
  const sorted = train.columns.map((_, column) => {
    const present: number[] = [];
    for (let row = 0; row < count; row++) {
      const value = train.features.data[row * width + column]!;
      if (!Number.isNaN(value)) present.push(value);
    }
    return Float64Array.from(present).sort();
  });
  for (const [index, present] of sorted.entries()) {
    if (present.length > 0) continue;
    throw new DataError(
      'empty_column',
      'no training row has a value',
      'Leave the column out of `features`, or check the tokens in `missing`.',
      { column: train.columns[index]!.name },
    );
  }
  const incomplete = train.columns.filter((_, index) => sorted[index]!.length < count);
  if (recipe.impute === 'none' && incomplete.length > 0) refuseMissing(incomplete.map(({ name }) => name));
  const columns = train.columns.map((column, index) => {
    const present = sorted[index]!;
    if (column.kind === 'numeric') return fitNumeric(column.name, present, count, recipe);
    const fill = recipe.impute === 'none' ? null : mostFrequent(present);
    const codes = [...new Set(present)].filter((code) => code >= 0);
    return {
      kind: column.kind,
      name: column.name,
      categories: codes.map((code) => column.categories[code]!),
      codes,
      fill,
    };
  });
  return { recipe, columns };
}

/** Number of output columns F'. */
export function preprocessedWidth({ columns }: FittedPreprocessing): number {
  return columns.reduce((width, column) => width + (column.kind === 'numeric' ? 1 : column.categories.length), 0);
}

/**
 * @param features raw, [N, F], in the columns that the preprocessing was fitted to (see `alignDataset` for other files)
 * @returns [N, F'], row-major, in memory of its own (not shared)
 * @throws DataError `missing_values` where the recipe refuses them; RangeError when F differs
 */
export function applyPreprocessing(fitted: FittedPreprocessing, features: Tensor<'float32'>): Float32Array {
  const [count = 0, width = 0] = features.shape;
  if (features.shape.length !== 2 || width !== fitted.columns.length) {
    throw new RangeError(
      `the preprocessing takes [N, ${fitted.columns.length}] features, not [${features.shape.join(', ')}]`,
    );
  }
  const outputWidth = preprocessedWidth(fitted);
  const output = new Float32Array(count * outputWidth);
  const refused: string[] = [];
  let position = 0;
  for (const [index, column] of fitted.columns.entries()) {
    for (let row = 0; row < count; row++) {
      const raw = features.data[row * width + index]!;
      const value = Number.isNaN(raw) ? column.fill : raw;
      if (value === null) {
        refused.push(column.name);
        break;
      }
      const at = row * outputWidth + position;
      // The product of two float32 values is exact in float64: storing it rounds once, as the operator does.
      if (column.kind === 'numeric') output[at] = Math.fround(value - column.center) * column.scale;
      else {
        const known = column.codes.indexOf(value);
        if (known >= 0) output[at + known] = 1;
      }
    }
    position += column.kind === 'numeric' ? 1 : column.categories.length;
  }
  if (refused.length > 0) refuseMissing(refused);
  return output;
}
