/** Large values on the disk, each a file named by the SHA-256 of its content, synced before anybody is told of it. */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { nanoid } from 'nanoid';

/** Folders and files of the data directory hold data of patients: nobody else on the machine may look. */
export const PRIVATE_DIRECTORY = 0o700;
const PRIVATE_FILE = 0o600;

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Writes a file whole or not at all: under another name first, synced, then renamed, and the rename synced too. */
export function writeFileDurably(directory: string, name: string, bytes: Uint8Array): void {
  mkdirSync(directory, { recursive: true, mode: PRIVATE_DIRECTORY });
  const temporary = join(directory, `.${name}.${nanoid(8)}.tmp`);
  const file = openSync(temporary, 'wx', PRIVATE_FILE);
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, join(directory, name));
  syncDirectory(directory);
}

/** Makes the names in a directory survive a power cut. */
export function syncDirectory(directory: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(directory, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Whether the file is there and still what its name says: a damaged one is written anew. */
function isWhole(file: string, id: string): boolean {
  return existsSync(file) && sha256(readFileSync(file)) === id;
}

export class ArtefactStore {
  readonly #directory: string | undefined;

  /** Without a directory nothing is kept; the ids are the same. */
  constructor(directory: string | undefined) {
    this.#directory = directory;
  }

  /** Keeps the bytes, and gives their id. */
  put(bytes: Uint8Array): string {
    const id = sha256(bytes);
    if (this.#directory === undefined) return id;
    const directory = join(this.#directory, id.slice(0, 2));
    if (!isWhole(join(directory, id), id)) writeFileDurably(directory, id, bytes);
    return id;
  }

  /** @throws Error when it is not there, or is no longer what it was */
  get(id: string): Uint8Array {
    if (this.#directory === undefined) throw new Error('artefacts are not kept without a data directory');
    const bytes = readFileSync(join(this.#directory, id.slice(0, 2), id));
    if (sha256(bytes) !== id) throw new Error(`the artefact ${id} is damaged on the disk`);
    return bytes;
  }
}
