/** Whether data can be kept: a folder that can be written to, and a store that opens, commits and reads in it. */
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Database, type Schema } from '../../../runtime/store/database.js';
import { lockDirectory } from '../../../runtime/store/directory-lock.js';
import { formatBytes } from '../quantities.js';
import type { Finding } from './check.js';

/** A checkpoint and its log need more than this. */
const LITTLE_SPACE_BYTES = 500e6;

const SCHEMA: Schema = {
  migrations: [{ name: 'notes', sql: 'CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)' }],
  statements: { keep: 'INSERT INTO notes (id, text) VALUES (?, ?)', read: 'SELECT text FROM notes WHERE id = ?' },
};

/** Opens a store in the folder, commits, opens it anew and reads. Leaves nothing behind. @throws RuntimeError, Error */
function tryStore(directory: string): void {
  const file = join(directory, `doctor-${randomUUID()}.db`);
  const text = randomUUID();
  try {
    const first = new Database(file, SCHEMA);
    try {
      first.commit([{ statement: 'keep', parameters: [1, text] }]);
    } finally {
      first.close();
    }
    const second = new Database(file, SCHEMA);
    try {
      const [row] = second.query('read', [1]);
      if (row?.['text'] !== text) throw new Error('what was committed could not be read back');
    } finally {
      second.close();
    }
  } finally {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${file}${suffix}`, { force: true });
  }
}

/** The store itself, in a temporary folder. */
export function storeFinding(): Finding {
  const directory = mkdtempSync(join(tmpdir(), 'ganglion-doctor-'));
  try {
    tryStore(directory);
    return { state: 'ok', detail: 'opens, commits and reads' };
  } catch (error) {
    return {
      state: 'problem',
      detail: (error as Error).message,
      remedy: 'install its binary again: npm install libsql; and look whether the temporary folder has space',
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function tryWriting(directory: string): void {
  const file = join(directory, `doctor-${randomUUID()}.tmp`);
  const handle = openSync(file, 'wx');
  try {
    writeSync(handle, 'ganglion');
    fsyncSync(handle);
  } finally {
    closeSync(handle);
    rmSync(file, { force: true });
  }
}

/** The nearest folder above that exists. */
function existing(path: string): string {
  let folder = path;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

/** The data directory: can be written to, or made; and where it exists, a store works in it. */
export function dataDirectoryFinding(dataDir: string): Finding {
  const remedy = 'make it writable, or name another one with --data-dir';
  const folder = existing(dataDir);
  if (!statSync(folder).isDirectory()) return { state: 'problem', detail: `${folder} is not a folder`, remedy };
  try {
    tryWriting(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { state: 'problem', detail: `${folder} cannot be written to (${code})`, remedy };
  }
  const { bavail, bsize } = statfsSync(folder);
  const space = bavail * bsize;
  const free = `${formatBytes(space)} free`;
  if (space < LITTLE_SPACE_BYTES) {
    return {
      state: 'problem',
      detail: `${folder}: only ${free}`,
      remedy: 'make room, or name another one with --data-dir',
    };
  }
  if (folder !== dataDir) return { state: 'ok', detail: `${dataDir} does not exist yet and can be made (${free})` };
  return storeInFinding(dataDir, free);
}

function storeInFinding(dataDir: string, free: string): Finding {
  let unlock: () => void;
  try {
    unlock = lockDirectory(dataDir);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'store_locked') throw error;
    // Somebody's work goes on there: proof that it can, and nothing to touch.
    return { state: 'ok', detail: `${dataDir} is in use by another ganglion process now (${free})` };
  }
  try {
    tryStore(dataDir);
    return { state: 'ok', detail: `${dataDir} can be written to, a store works in it (${free})` };
  } catch (error) {
    return {
      state: 'problem',
      detail: `${dataDir}: ${(error as Error).message}`,
      remedy: 'name a folder of a local disk with --data-dir: file systems of a network often lack locks',
    };
  } finally {
    unlock();
  }
}
