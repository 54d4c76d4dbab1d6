/** What clients are told about a data set: counts, never a value of a row and never who a patient is. */
import { type Dataset, type Part, rowCount } from './dataset.js';
import type { PreprocessingRecipe } from './recipe.js';

/** What may be said of a column without telling of a patient. */
export interface ColumnSummary {
  readonly name: string;
  readonly kind: 'numeric' | 'categorical';
  /** Number of rows without a value. */
  readonly missing: number;
  /** Number of categories. Their texts stay here: somebody may have declared a column of names as categorical. */
  readonly num_categories?: number;
}

/** What may be said of a data set without telling of a patient. */
export interface DatasetSummary {
  readonly name: string;
  readonly part: Part | null;
  readonly num_samples: number;
  readonly num_features: number;
  readonly num_classes: number;
  readonly classes: readonly { readonly name: string; readonly count: number }[];
  readonly positive: string | null;
  /** Number of patients; null when nobody said which row belongs to whom. */
  readonly num_patients: number | null;
  /** Rows whose whole record stood in an earlier row already. */
  readonly num_duplicates: number;
  readonly columns: readonly ColumnSummary[];
  readonly recipe: PreprocessingRecipe | null;
  readonly source: { readonly name: string; readonly sha256: string };
  readonly notes: readonly string[];
}

/** Counts the rows, classes and missing values of a data set. */
export function datasetSummary(dataset: Dataset): DatasetSummary {
  const { columns, classNames, features, labels } = dataset;
  const count = rowCount(dataset);
  const classCounts = new Array<number>(classNames.length).fill(0);
  for (const label of labels.data) classCounts[label]! += 1;
  const missing = new Array<number>(columns.length).fill(0);
  for (let index = 0; index < features.data.length; index++) {
    if (Number.isNaN(features.data[index])) missing[index % columns.length]! += 1;
  }
  return {
    name: dataset.name,
    part: dataset.part ?? null,
    num_samples: count,
    num_features: columns.length,
    num_classes: classNames.length,
    classes: classNames.map((name, index) => ({ name, count: classCounts[index]! })),
    positive: dataset.positive === undefined ? null : classNames[dataset.positive]!,
    num_patients: dataset.groups ? new Set(dataset.groups.data).size : null,
    num_duplicates: count - new Set(dataset.rowHashes).size,
    columns: columns.map((column, index) => ({
      name: column.name,
      kind: column.kind,
      missing: missing[index]!,
      ...(column.kind === 'categorical' && { num_categories: column.categories.length }),
    })),
    recipe: dataset.recipe ?? null,
    source: dataset.source,
    notes: dataset.notes ?? [],
  };
}
