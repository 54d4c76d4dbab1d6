/**
 * A data set: always raw values. What is fitted to rows (a mean, a scale) belongs to the model, so that nothing of the
 * test rows can reach it; a data set at most carries the wish, its `recipe`.
 */
import { shareTensor, type Tensor, tensor } from '../../runtime/tensor.js';
import type { PreprocessingRecipe } from './recipe.js';

/** One feature: numbers, or categories by their place in the list. */
export type Column =
  | { readonly name: string; readonly kind: 'numeric' }
  | { readonly name: string; readonly kind: 'categorical'; readonly categories: readonly string[] };

/** Parts of a split. */
export type Part = 'train' | 'val' | 'test';

/** By what rows and patients are recognised across data sets. A trained model carries these of everything it saw. */
export interface RowIdentity {
  /** 64-bit hash of each row's whole record: the same row is recognised in a re-ordered or re-saved file. [N] */
  readonly rowHashes: BigUint64Array;
  /** 64-bit hash of each row's patient, where patients are known. [N] */
  readonly groupHashes?: BigUint64Array;
}

/**
 * N labelled rows of F raw features. Plain data that structured cloning carries; its arrays lie in shared memory, so that
 * it crosses threads without a copy. Everybody treats it as read-only.
 */
export interface Dataset extends RowIdentity {
  readonly kind: 'dataset';
  readonly name: string;
  readonly columns: readonly Column[];
  /** [N, F], in the order of `columns`. NaN: missing. A categorical column holds the index of the category. */
  readonly features: Tensor<'float32'>;
  /** [N], index into `classNames`. */
  readonly labels: Tensor<'int32'>;
  readonly classNames: readonly string[];
  /** Index of the diseased class, to which sensitivity refers. */
  readonly positive?: number;
  /** [N], number of the patient within this data set, from 0 without gaps. */
  readonly groups?: Tensor<'int32'>;
  /** [N], line of the row in its source, for messages. */
  readonly rowNumbers: Int32Array;
  /** Which part of a split this is; absent when nobody split it. */
  readonly part?: Part;
  readonly recipe?: PreprocessingRecipe;
  /** `sha256` is that of the whole source, in hexadecimal. */
  readonly source: { readonly name: string; readonly sha256: string };
  /** What the reader decided by itself, in sentences for people. */
  readonly notes?: readonly string[];
}

/** Number of rows. */
export function rowCount(dataset: Dataset): number {
  return dataset.labels.data.length;
}

function shared<A extends Int32Array | BigUint64Array>(view: A): A {
  if (view.buffer instanceof SharedArrayBuffer) return view;
  const Copy = view.constructor as new (buffer: SharedArrayBuffer) => A;
  const copy = new Copy(new SharedArrayBuffer(view.byteLength));
  if (copy instanceof Int32Array) copy.set(view as Int32Array);
  else copy.set(view as BigUint64Array);
  return copy;
}

/** Numbers the patients from 0 in the order in which they appear. */
function renumber(groups: Int32Array): Int32Array {
  const numbers = new Map<number, number>();
  return groups.map((group) => {
    const known = numbers.get(group);
    if (known !== undefined) return known;
    numbers.set(group, numbers.size);
    return numbers.size - 1;
  });
}

/**
 * Checks that the pieces fit each other and moves them to shared memory. Every reader of a format ends here.
 * @throws RangeError when lengths differ or a label or a category code lies outside its list: a mistake in the reader.
 */
export function createDataset(fields: Omit<Dataset, 'kind'>): Dataset {
  const { columns, features, labels, classNames, positive, groups, groupHashes, rowHashes, rowNumbers } = fields;
  const count = labels.data.length;
  if (features.shape.length !== 2 || features.shape[0] !== count || features.shape[1] !== columns.length) {
    throw new RangeError(`features are [${features.shape.join(', ')}], expected [${count}, ${columns.length}]`);
  }
  for (const [name, length] of Object.entries({
    groups: groups?.data.length,
    groupHashes: groupHashes?.length,
    rowHashes: rowHashes.length,
    rowNumbers: rowNumbers.length,
  })) {
    if (length !== undefined && length !== count)
      throw new RangeError(`${name} has ${length} entries for ${count} rows`);
  }
  if (labels.data.some((label) => label < 0 || label >= classNames.length)) {
    throw new RangeError(`a label lies outside 0..${classNames.length - 1}`);
  }
  if (positive !== undefined && !(positive in classNames)) throw new RangeError(`there is no class number ${positive}`);
  for (const [index, column] of columns.entries()) {
    if (column.kind !== 'categorical') continue;
    for (let row = 0; row < count; row++) {
      const code = features.data[row * columns.length + index]!;
      // -1 stands for a category that the list does not know, as in data aligned to a model's columns.
      if (!Number.isNaN(code) && !(Number.isInteger(code) && code >= -1 && code < column.categories.length)) {
        throw new RangeError(`"${column.name}" has no category number ${code}`);
      }
    }
  }
  return {
    kind: 'dataset',
    ...fields,
    features: shareTensor(features),
    labels: shareTensor(labels),
    rowHashes: shared(rowHashes),
    rowNumbers: shared(rowNumbers),
    ...(groups && { groups: shareTensor(groups) }),
    ...(groupHashes && { groupHashes: shared(groupHashes) }),
  };
}

/**
 * The given rows, in the given order, as a data set of its own. Without `part` the part stays what it was.
 * @throws RangeError when a row does not exist.
 */
export function selectRows(dataset: Dataset, rows: ArrayLike<number>, part?: Part): Dataset {
  const total = rowCount(dataset);
  const width = dataset.columns.length;
  const count = rows.length;
  const features = new Float32Array(count * width);
  const labels = new Int32Array(count);
  const groups = new Int32Array(count);
  const groupHashes = new BigUint64Array(count);
  const rowHashes = new BigUint64Array(count);
  const rowNumbers = new Int32Array(count);
  for (let index = 0; index < count; index++) {
    const row = rows[index]!;
    if (!(Number.isInteger(row) && row >= 0 && row < total)) {
      throw new RangeError(`"${dataset.name}" has rows 0..${total - 1}, not ${row}`);
    }
    for (let column = 0; column < width; column++) {
      features[index * width + column] = dataset.features.data[row * width + column]!;
    }
    labels[index] = dataset.labels.data[row]!;
    rowHashes[index] = dataset.rowHashes[row]!;
    rowNumbers[index] = dataset.rowNumbers[row]!;
    if (dataset.groups) groups[index] = dataset.groups.data[row]!;
    if (dataset.groupHashes) groupHashes[index] = dataset.groupHashes[row]!;
  }
  const { kind: _, ...rest } = dataset;
  return createDataset({
    ...rest,
    features: tensor('float32', [count, width], features),
    labels: tensor('int32', [count], labels),
    rowHashes,
    rowNumbers,
    ...(dataset.groups && { groups: tensor('int32', [count], renumber(groups)) }),
    ...(dataset.groupHashes && { groupHashes }),
    ...(part && { part }),
  });
}
