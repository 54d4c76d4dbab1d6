/** Another file in the terms of a model: its columns in its order, its category and class numbers. */
import { tensor } from '../../runtime/tensor.js';
import { type Column, createDataset, type Dataset, rowCount } from './dataset.js';
import { DataError } from './errors.js';

/** What a model knows of the data it was made for. */
export interface DataTerms {
  readonly columns: readonly Column[];
  readonly classNames: readonly string[];
  readonly positive?: number;
}

/** Position of each wanted column in the data set. */
function columnPositions(dataset: Dataset, wanted: readonly Column[]): number[] {
  const names = dataset.columns.map(({ name }) => name);
  const absent = wanted.filter(({ name }) => !names.includes(name)).map(({ name }) => `"${name}"`);
  if (absent.length > 0) {
    throw new DataError(
      'incompatible_data',
      `"${dataset.name}" lacks the features ${absent.join(', ')}`,
      'Give data with the columns that the model was trained on.',
    );
  }
  return wanted.map((column) => {
    const position = names.indexOf(column.name);
    const found = dataset.columns[position]!;
    if (found.kind !== column.kind) {
      throw new DataError(
        'incompatible_data',
        `the column is ${found.kind} in "${dataset.name}", the model was trained on it as ${column.kind}`,
        'Read the data with the same `categorical` and `missing` options as the training data.',
        { column: column.name },
      );
    }
    return position;
  });
}

function alignLabels(dataset: Dataset, classNames: readonly string[]): Int32Array {
  const codes = dataset.classNames.map((name) => classNames.indexOf(name));
  return dataset.labels.data.map((label) => {
    const code = codes[label]!;
    if (code < 0) {
      throw new DataError(
        'incompatible_data',
        `"${dataset.name}" has a class "${dataset.classNames[label]}", the model knows ${classNames.join(', ')}`,
        'Give the classes the same names with `class_names`.',
      );
    }
    return code;
  });
}

/**
 * The same rows with the columns, categories and classes of `terms`. Columns are found by name, further ones are dropped;
 * a category that the terms do not know becomes -1, which one-hot coding turns into zeros. Two files number their
 * categories and classes each in its own way, so data from another file must pass through here before it meets a model.
 * @throws DataError `incompatible_data`
 */
export function alignDataset(dataset: Dataset, terms: DataTerms): Dataset {
  const { columns, classNames, positive } = terms;
  const positions = columnPositions(dataset, columns);
  const count = rowCount(dataset);
  const width = dataset.columns.length;
  const values = new Float32Array(count * columns.length);
  for (const [index, column] of columns.entries()) {
    const position = positions[index]!;
    const found = dataset.columns[position]!;
    const codes =
      column.kind === 'categorical' && found.kind === 'categorical'
        ? found.categories.map((category) => column.categories.indexOf(category))
        : undefined;
    for (let row = 0; row < count; row++) {
      const raw = dataset.features.data[row * width + position]!;
      values[row * columns.length + index] = codes && !Number.isNaN(raw) ? (codes[raw] ?? -1) : raw;
    }
  }
  const { kind: _, positive: __, ...rest } = dataset;
  return createDataset({
    ...rest,
    columns,
    features: tensor('float32', [count, columns.length], values),
    labels: tensor('int32', [count], alignLabels(dataset, classNames)),
    classNames,
    ...(positive !== undefined && { positive }),
  });
}
