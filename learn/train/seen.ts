/** What a model has seen. */
import type { Dataset, RowIdentity } from '../data/index.js';

/** The rows and patients of several data sets together. */
export function identityOf(datasets: readonly Dataset[]): RowIdentity {
  const rowHashes = BigUint64Array.from(datasets.flatMap((dataset) => [...dataset.rowHashes]));
  const withPatients = datasets.filter((dataset) => dataset.groupHashes !== undefined);
  if (withPatients.length === 0) return { rowHashes };
  return { rowHashes, groupHashes: BigUint64Array.from(withPatients.flatMap((dataset) => [...dataset.groupHashes!])) };
}
