/** The data set that a `data_config` names. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { BUILTIN_DATASETS, DataError, type Dataset, loadBuiltin, readCsv } from '../learn/index.js';
import type { DataConfig } from './contract/index.js';
import { readableFile } from './files.js';

type Source = Omit<DataConfig, 'split' | 'preprocess'>;

/** Options that describe a file: a built-in set describes itself. */
const OF_A_FILE = ['label', 'features', 'group', 'missing', 'positive', 'class_names', 'categorical'] as const;

/** @throws DataError, FileError */
export function loadDataset(config: Source, dataRoots: readonly string[]): Dataset {
  const { dataset, data_path: path, num_samples } = config;
  const limit = num_samples === undefined ? {} : { num_samples };
  if (path === undefined) {
    const name = String(dataset);
    const needless = OF_A_FILE.find((option) => config[option] !== undefined);
    if (needless && Object.hasOwn(BUILTIN_DATASETS, name)) {
      throw new DataError(
        'column_conflict',
        `the built-in data set "${name}" brings its own \`${needless}\``,
        'Leave the option out, or give the file with `data_path`.',
      );
    }
    return loadBuiltin(name, limit);
  }
  const { label, features, group, missing, positive, class_names, categorical } = config;
  return readCsv(readFileSync(readableFile(path, dataRoots)), {
    name: basename(path),
    label: label!,
    ...(features && { features }),
    ...(group !== undefined && { group }),
    ...(missing !== undefined && { missing: typeof missing === 'string' ? [missing] : missing }),
    ...(positive !== undefined && { positive: typeof positive === 'boolean' ? String(positive) : positive }),
    ...(class_names && { class_names }),
    ...(categorical && { categorical }),
    ...limit,
  });
}

/** Whether the named source can exist at all: asked before a job exists. @throws DataError, FileError */
export function checkSourceExists(config: Source, dataRoots: readonly string[]): void {
  if (config.data_path !== undefined) readableFile(config.data_path, dataRoots);
  else if (!Object.hasOwn(BUILTIN_DATASETS, String(config.dataset))) loadBuiltin(String(config.dataset));
}
