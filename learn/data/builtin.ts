/** Data sets that come with the package. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type CsvOptions, readCsv } from './csv.js';
import type { Dataset } from './dataset.js';
import { DataError } from './errors.js';
import { nearestName } from './nearest.js';
import { packageRoot } from './package-root.js';

/** A data set of the package: where it lies, how it is read, under which licence. */
export interface BuiltinDataset {
  readonly description: string;
  readonly licence: string;
  /** Below the package's root. */
  readonly file: string;
  readonly options: Omit<CsvOptions, 'name' | 'num_samples'>;
}

/** Name -> data set. The README beside each file tells where it comes from. */
export const BUILTIN_DATASETS: Readonly<Record<string, BuiltinDataset>> = {
  wdbc: {
    description: 'Wisconsin diagnostic breast cancer: 569 fine-needle aspirates, 30 measurements of cell nuclei each.',
    licence: 'CC BY 4.0',
    file: 'learn/data/builtin/wdbc/wdbc.csv',
    options: { label: 'target', class_names: ['malignant', 'benign'], positive: 'malignant' },
  },
};

/**
 * Reads a built-in data set.
 * @throws DataError `unknown_dataset`, `missing_file`, `bad_sample_count`
 */
export function loadBuiltin(name: string, { num_samples }: Pick<CsvOptions, 'num_samples'> = {}): Dataset {
  const names = Object.keys(BUILTIN_DATASETS);
  const entry = Object.hasOwn(BUILTIN_DATASETS, name) ? BUILTIN_DATASETS[name]! : undefined;
  if (!entry) {
    const near = nearestName(name, names);
    throw new DataError(
      'unknown_dataset',
      `there is no built-in data set "${name}"`,
      near ? `Did you mean "${near}"?` : `There are: ${names.join(', ')}.`,
    );
  }
  const file = path.join(packageRoot(), entry.file);
  if (!existsSync(file)) {
    throw new DataError(
      'missing_file',
      `${file} is missing`,
      'The installed package is incomplete: install ganglion again.',
    );
  }
  return readCsv(readFileSync(file), { ...entry.options, name, ...(num_samples !== undefined && { num_samples }) });
}
