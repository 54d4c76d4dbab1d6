/** Whether two sets of rows share anything: the wall between training and test. */
import type { RowIdentity } from './dataset.js';

/** What two sets of rows share. */
export interface Overlap {
  /** Rows of the second set whose whole record is in the first one too. */
  readonly rows: number;
  /** Patients of the second set who are in the first one too; 0 when either set does not know its patients. */
  readonly patients: number;
  /** Lines of the first ten such rows (same record or same patient) in the second set's source, where it tells lines. */
  readonly lines: readonly number[];
}

/**
 * What `second` shares with `first`. With `first` the identity that a model carries and `second` a test set, anything
 * above zero means that the test would be about rows or people the model already knows.
 */
export function overlap(first: RowIdentity, second: RowIdentity & { readonly rowNumbers?: Int32Array }): Overlap {
  const knownRows = new Set(first.rowHashes);
  const knownPatients = new Set(first.groupHashes);
  const patients = new Set<bigint>();
  const lines: number[] = [];
  let rows = 0;
  for (let index = 0; index < second.rowHashes.length; index++) {
    const sameRow = knownRows.has(second.rowHashes[index]!);
    const patient = second.groupHashes?.[index];
    const samePatient = patient !== undefined && knownPatients.has(patient);
    if (sameRow) rows += 1;
    if (samePatient) patients.add(patient);
    if ((sameRow || samePatient) && lines.length < 10 && second.rowNumbers) lines.push(second.rowNumbers[index]!);
  }
  return { rows, patients: patients.size, lines };
}
