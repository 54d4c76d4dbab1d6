/** Where the package lies on disk, for the files that it brings along. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DataError } from './errors.js';

let found: string | undefined;

function isPackageRoot(folder: string): boolean {
  const manifest = path.join(folder, 'package.json');
  return existsSync(manifest) && (JSON.parse(readFileSync(manifest, 'utf8')) as { name?: unknown }).name === 'ganglion';
}

/**
 * The nearest folder above the running code with this package's manifest: the same from the sources, from `dist/` and
 * from `node_modules`.
 * @throws DataError `missing_file` when the code was copied out of its package, for instance into an application's bundle
 */
export function packageRoot(): string {
  if (found !== undefined) return found;
  const start = path.dirname(fileURLToPath(import.meta.url));
  for (let folder = start; ; folder = path.dirname(folder)) {
    if (isPackageRoot(folder)) {
      found = folder;
      return folder;
    }
    if (folder === path.dirname(folder)) break;
  }
  throw new DataError(
    'missing_file',
    `no folder above ${start} is the package ganglion`,
    'Leave ganglion out of your bundle (mark it as external), so that its data files stay beside it.',
  );
}
