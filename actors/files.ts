/** Which files a request may name: those below the data roots, after every link has been followed. */
import { readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

export class FileError extends Error {
  override readonly name = 'FileError';
  readonly code: 'missing_file' | 'forbidden_path';

  constructor(code: 'missing_file' | 'forbidden_path', message: string) {
    super(message);
    this.code = code;
  }
}

function isBelow(file: string, root: string): boolean {
  const way = relative(root, file);
  return way === '' || (!way.startsWith(`..${sep}`) && way !== '..' && !isAbsolute(way));
}

function realpathOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** Links that lead nowhere are followed at most so far. */
const MOST_LINKS = 40;

/** Where a path leads, whether or not something is there: every part of it that exists is followed. */
function destinationOf(path: string, links = 0): string {
  const real = realpathOf(path);
  if (real !== undefined) return real;
  const parent = dirname(path);
  if (parent === path) return path;
  const here = join(destinationOf(parent, links), basename(path));
  const target = linkTargetOf(here);
  return target === undefined || links >= MOST_LINKS ? here : destinationOf(resolve(dirname(here), target), links + 1);
}

function linkTargetOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function kindOf(path: string): 'file' | 'folder' | 'other' | undefined {
  try {
    const found = statSync(path);
    return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
  } catch {
    return undefined;
  }
}

/** The real path of `path`, which must be of the wanted kind and lie below a root. */
function readable(path: string, roots: readonly string[], kind: 'file' | 'folder'): string {
  const real = roots.flatMap((root) => realpathOf(root) ?? []);
  const candidates = isAbsolute(path) ? [resolve(path)] : real.map((root) => resolve(root, path));
  let outside = false;
  for (const candidate of candidates) {
    const destination = destinationOf(candidate);
    if (!real.some((root) => isBelow(destination, root))) outside = true;
    else if (kindOf(destination) === kind) return destination;
  }
  const where = `the data folders (${roots.join(', ')})`;
  // Whether something outside exists is nobody's business.
  if (outside)
    throw new FileError(
      'forbidden_path',
      `"${path}" lies outside ${where}: put it below one of them, or allow its folder with --data-root`,
    );
  throw new FileError('missing_file', `there is no ${kind} "${path}" below ${where}`);
}

/**
 * The real path of a file that may be read. A relative path is looked up in each root in turn.
 * @throws FileError `missing_file`, or `forbidden_path` when it lies outside, be it through a link
 */
export function readableFile(path: string, roots: readonly string[]): string {
  return readable(path, roots, 'file');
}

/** The same for a folder. */
export function readableDirectory(path: string, roots: readonly string[]): string {
  return readable(path, roots, 'folder');
}
