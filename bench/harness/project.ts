/** Where the project and its packages lie. The bundle stands in `dist/` or `dist/chunks/`, the source in `bench/`: so look upwards. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const PROJECT = 'ganglion';

/** The fields of a package.json that the harness reads. */
export interface Manifest {
  readonly name?: string;
  readonly version?: string;
}

/** @throws Error with the path when the file is not JSON */
export function readManifest(path: string): Manifest {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
  } catch (error) {
    throw new Error(`${path} cannot be read as a package.json: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * The nearest folder at or above `from` whose package.json says that it is this project.
 * @throws Error when there is none
 */
export function findProjectRoot(from: string): string {
  for (const folder of upwards(from)) {
    const path = join(folder, 'package.json');
    if (existsSync(path) && readManifest(path).name === PROJECT) return folder;
  }
  throw new Error(
    `no folder at or above ${from} has the package.json of ${PROJECT}: run the benchmark from a checkout`,
  );
}

/** Version of a package as a module in `from` would find it, or `undefined` when it is not installed. */
export function installedVersion(name: string, from: string): string | undefined {
  for (const folder of upwards(from)) {
    const path = join(folder, 'node_modules', name, 'package.json');
    if (existsSync(path)) return readManifest(path).version;
  }
  return undefined;
}

function upwards(from: string): string[] {
  const folders = [from];
  for (let folder = from; dirname(folder) !== folder; folder = dirname(folder)) folders.push(dirname(folder));
  return folders;
}
