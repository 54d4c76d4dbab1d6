/** The result file: what a figure in the README is quoted from. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Machine } from './machine.js';
import type { Row } from './row.js';
import type { RowAbsence, RowFailure } from './run-suite.js';

export interface SuiteResult {
  readonly suite: string;
  readonly machine: Machine;
  readonly rows: readonly Row[];
  /** Rows that this machine cannot measure, with what it lacks; absent when there is none. */
  readonly absences?: readonly RowAbsence[];
  /** Rows that could not be measured, with the reason; absent when there is none. */
  readonly failures?: readonly RowFailure[];
  /** Fewer rounds than a figure to be quoted needs. */
  readonly quick?: true;
}

/**
 * Writes the result as JSON, folders included. Whole or not at all: an interrupted run leaves an older file as it was.
 * @throws Error that names the file
 */
export async function writeResult(file: string, result: SuiteResult): Promise<void> {
  const path = resolve(file);
  const partial = `${path}.${process.pid}.partial`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(partial, `${JSON.stringify(result, null, 2)}\n`);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {});
    throw new Error(`the result cannot be written to ${path}: ${(error as Error).message}`, { cause: error });
  }
}
