/** Fewer rows, for a quick look. */
import { type Dataset, rowCount, selectRows } from './dataset.js';
import { DataError } from './errors.js';
import { quotas } from './quota.js';

/**
 * At most `limit` rows, every class in its share (at least one row), in the order of the source. Which rows is decided by
 * their hashes: the same ones whatever the order of the file, and not just its head, which is often sorted by diagnosis.
 * @throws DataError `bad_sample_count` unless `limit` is a whole number that gives every class a row
 */
export function limitRows(dataset: Dataset, limit: number): Dataset {
  const classCount = dataset.classNames.length;
  if (!Number.isInteger(limit) || limit < classCount) {
    throw new DataError(
      'bad_sample_count',
      `num_samples is ${limit}`,
      `Give a whole number of at least ${classCount}, one row for each class, or leave it out to use all rows.`,
    );
  }
  const total = rowCount(dataset);
  if (limit >= total) return dataset;
  const members: number[][] = dataset.classNames.map(() => []);
  for (let row = 0; row < total; row++) members[dataset.labels.data[row]!]!.push(row);
  const counts = quotas(
    limit,
    members.map((rows) => rows.length / total),
  );
  const hash = dataset.rowHashes;
  const chosen = members.flatMap((rows, index) =>
    rows.sort((a, b) => (hash[a]! === hash[b]! ? a - b : hash[a]! < hash[b]! ? -1 : 1)).slice(0, counts[index]!),
  );
  return selectRows(dataset, Int32Array.from(chosen).sort());
}
