/** One process a data directory. The lock is an open transaction on a file of its own, so it ends with its process, however that ends. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type LibsqlDatabase from 'libsql';
import { RuntimeError } from '../errors.js';

/** @throws RuntimeError `store_locked` when another process has the directory. */
export function lockDirectory(directory: string): () => void {
  const Libsql = createRequire(import.meta.url)('libsql') as typeof LibsqlDatabase;
  const owner = join(directory, 'lock.pid');
  const lock = new Libsql(join(directory, 'lock.db'));
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    throw new RuntimeError(
      'store_locked',
      `the data directory ${directory} is in use by another ganglion process${ownerOf(owner)}: stop that one, or name another directory with --data-dir`,
      { cause: error },
    );
  }
  writeFileSync(owner, String(process.pid));
  return () => {
    lock.exec('ROLLBACK');
    lock.close();
  };
}

function ownerOf(file: string): string {
  try {
    return ` (process ${readFileSync(file, 'utf8').trim()})`;
  } catch {
    return '';
  }
}
