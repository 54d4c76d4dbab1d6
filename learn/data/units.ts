/** What a split must not tear apart: all rows of a patient, and all rows that are the same record. */
import { type Dataset, rowCount } from './dataset.js';

export interface Unit {
  /** Ascending. */
  readonly rows: readonly number[];
  /** Smallest row hash: orders units the same way whatever the order of the rows. */
  readonly key: bigint;
}

/** The units of a data set, ordered by key. Every row is in exactly one. */
export function splitUnits(dataset: Dataset): Unit[] {
  const count = rowCount(dataset);
  const parent = Int32Array.from({ length: count }, (_, row) => row);
  const rootOf = (row: number): number => {
    let root = row;
    while (parent[root] !== root) {
      parent[root] = parent[parent[root]!]!;
      root = parent[root]!;
    }
    return root;
  };
  const firstOf = new Map<bigint | number | string, number>();
  const join = (row: number, trait: bigint | number | string): void => {
    const first = firstOf.get(trait);
    if (first === undefined) firstOf.set(trait, row);
    else parent[rootOf(row)] = rootOf(first);
  };
  for (let row = 0; row < count; row++) {
    join(row, dataset.rowHashes[row]!);
    if (dataset.groups) join(row, dataset.groups.data[row]!);
    // A 64-bit hash of a patient could equal one of a row by its number alone: the text keeps the two apart.
    if (dataset.groupHashes) join(row, `patient ${dataset.groupHashes[row]}`);
  }
  const units = new Map<number, { rows: number[]; key: bigint }>();
  for (let row = 0; row < count; row++) {
    const hash = dataset.rowHashes[row]!;
    const unit = units.get(rootOf(row));
    if (!unit) units.set(rootOf(row), { rows: [row], key: hash });
    else {
      unit.rows.push(row);
      if (hash < unit.key) unit.key = hash;
    }
  }
  return [...units.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}
