/** Data sets: reading, checking, splitting, preprocessing, batches. */
export { alignDataset, type DataTerms } from './align.js';
export { type Batch, type BatchBounds, batchBounds, epochOrder, gatherBatch } from './batches.js';
export { BUILTIN_DATASETS, type BuiltinDataset, loadBuiltin } from './builtin.js';
export { MISSING_TOKENS } from './cells.js';
export { type CsvOptions, readCsv } from './csv.js';
export {
  type Column,
  createDataset,
  type Dataset,
  type Part,
  type RowIdentity,
  rowCount,
  selectRows,
} from './dataset.js';
export { DATA_ERRORS, DataError, type DataErrorCode, type DataPlace } from './errors.js';
export { type Overlap, overlap } from './overlap.js';
export {
  applyPreprocessing,
  type FittedCategorical,
  type FittedNumeric,
  type FittedPreprocessing,
  fitPreprocessing,
  preprocessedWidth,
} from './preprocessing.js';
export { DEFAULT_RECIPE, IMPUTATIONS, type PreprocessingRecipe, SCALINGS } from './recipe.js';
export { type Fold, kFold, type Split, type SplitOptions, splitDataset } from './split.js';
export { limitRows } from './subset.js';
export { type ColumnSummary, type DatasetSummary, datasetSummary } from './summary.js';
