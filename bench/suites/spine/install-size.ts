/**
 * `install_size`: the bytes that `npm ci --omit=dev` brings. Read from what lies in node_modules, package by package of
 * package-lock.json, so that a development checkout gives the same figure without a second installation: compared with a real one, it agreed
 * to the byte. npm's own record in node_modules (`.package-lock.json`, 12 kB) is not counted: it belongs to no package.
 */
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatQuantity } from '../../harness/quantity.js';
import type { RowPlan, SuiteContext } from '../../harness/suite.js';

/** The fields of a package-lock.json (versions 2 and 3) that decide what is installed. */
export interface LockFile {
  readonly lockfileVersion: number;
  readonly packages?: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  /** Reached through development dependencies only. */
  readonly dev?: boolean;
  readonly optional?: boolean;
  /** Reached through development dependencies, and through optional ones as well: installed where the platform has it. */
  readonly devOptional?: boolean;
  /** A link to a folder of the project (a workspace): its bytes are not in node_modules. */
  readonly link?: boolean;
}

export interface PackageSize {
  /** Folder below the project, as in the lock file. */
  readonly path: string;
  readonly bytes: number;
}

/**
 * Bytes of the files of every package that an installation without development dependencies has on this platform.
 * @throws Error when a package that is not optional is missing: the sum would be too small
 */
export async function productionPackages(root: string, lock: LockFile): Promise<PackageSize[]> {
  if (!lock.packages)
    throw new Error(`package-lock.json has version ${lock.lockfileVersion}: version 2 or 3 is needed`);
  const sizes: PackageSize[] = [];
  for (const [path, { dev, optional, devOptional, link }] of Object.entries(lock.packages)) {
    if (path === '' || dev || link) continue;
    const bytes = await packageBytes(join(root, path));
    if (bytes !== undefined) sizes.push({ path, bytes });
    // An optional package for another platform is left out by npm as well.
    else if (!optional && !devOptional) throw new Error(`${path} of package-lock.json is not installed: run npm ci`);
  }
  return sizes;
}

/** Bytes of all files below a package's folder, without the packages nested in it; `undefined` if the folder does not exist. */
async function packageBytes(folder: string): Promise<number | undefined> {
  let bytes = 0;
  let exists = true;
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    exists = false;
    return [];
  });
  for (const entry of entries) {
    const path = join(folder, entry.name);
    // Nested packages have lines of their own in the lock file.
    if (entry.isDirectory()) bytes += entry.name === 'node_modules' ? 0 : ((await packageBytes(path)) ?? 0);
    else bytes += (await lstat(path)).size;
  }
  return exists ? bytes : undefined;
}

/** How many of the largest packages the note names. */
const NAMED = 4;

export function installSize({ root }: SuiteContext): RowPlan {
  return {
    name: 'install_size',
    about: 'bytes of node_modules after npm ci --omit=dev on this platform',
    unit: 'bytes',
    better: 'lower',
    exact: true,
    open: () => {
      let sizes: PackageSize[] = [];
      return {
        async measure() {
          const text = await readFile(join(root, 'package-lock.json'), 'utf8');
          sizes = await productionPackages(root, JSON.parse(text) as LockFile);
          return sizes.reduce((sum, { bytes }) => sum + bytes, 0);
        },
        note() {
          const largest = [...sizes].sort((one, other) => other.bytes - one.bytes).slice(0, NAMED);
          const names = largest.map(({ path, bytes }) => `${packageName(path)} ${formatQuantity(bytes, 'bytes')}`);
          return [
            `sum of the file sizes in node_modules of the ${sizes.length} packages that package-lock.json lists, without`,
            `those for development only and those that npm leaves out on ${process.platform} ${process.arch};`,
            `largest: ${names.join(', ')}`,
          ].join(' ');
        },
      };
    },
  };
}

/** `node_modules/a/node_modules/@b/c` is the package `@b/c`. */
function packageName(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}
