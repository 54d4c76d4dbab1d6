/** Reads a JSON file that a person wrote: what is wrong with it is told with its line and column. */
import { isUtf8 } from 'node:buffer';
import { readFile, stat } from 'node:fs/promises';
import { isDeeperThan } from '../http/json.js';
import { findJsonFault } from '../http/json-fault.js';
import { type CommandFailure, misuse } from './failure.js';
import { formatBytes } from './quantities.js';

/** A workflow of the most nodes allowed has some 50 MB; what is larger was named by mistake. */
const LARGEST_FILE_BYTES = 256e6;

const DEEPEST = 256;

/** Error code of the file system -> what it means, and the way out. */
const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist: check its name and the folder you are in',
  ENOTDIR: 'does not exist: a part of its path is no folder',
  EISDIR: 'is a folder: name the JSON file in it',
  EACCES: 'may not be read: you lack the permission',
  EPERM: 'may not be read: you lack the permission',
};

function unreadable(file: string, error: unknown): CommandFailure {
  const { code = 'unknown error' } = error as NodeJS.ErrnoException;
  return misuse(`${file} ${UNREADABLE[code] ?? `cannot be read (${code})`}`, error);
}

/**
 * The value in a JSON file.
 * @param file absolute path
 * @throws CommandFailure with exit code 2 that says why there is none
 */
export async function readJsonFile(file: string): Promise<unknown> {
  let bytes: Buffer;
  try {
    const { size } = await stat(file);
    if (size > LARGEST_FILE_BYTES)
      throw misuse(`${file} has ${formatBytes(size)}: that is not a workflow or a request`);
    bytes = await readFile(file);
  } catch (error) {
    throw error instanceof Error && error.name === 'CommandFailure' ? error : unreadable(file, error);
  }
  if (!isUtf8(bytes)) throw misuse(`${file} is not text in UTF-8: name a JSON file`);
  return parseJsonText(bytes.toString('utf8').replace(/^\ufeff/, ''), file);
}

/** @throws CommandFailure that names the line and column, both from 1, of the first fault */
export function parseJsonText(text: string, file: string): unknown {
  if (text.trim() === '') throw misuse(`${file} is empty: it should hold a JSON object`);
  if (isDeeperThan(text, DEEPEST)) throw misuse(`${file} is nested deeper than ${DEEPEST} levels`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const fault = findJsonFault(text);
    if (fault === undefined) throw misuse(`${file} is not JSON: ${(cause as Error).message}`, cause);
    const before = text.slice(0, fault.at);
    const line = before.split('\n').length;
    const column = [...before.slice(before.lastIndexOf('\n') + 1)].length + 1;
    const found =
      fault.at >= text.length
        ? 'the file ends there'
        : `there is ${JSON.stringify(String.fromCodePoint(text.codePointAt(fault.at)!))}`;
    throw misuse(`${file} is not JSON: line ${line}, column ${column}: expected ${fault.expected}, ${found}`, cause);
  }
}

/** The words by which the two kinds of file are told apart when one is given for the other. */
const KINDS = {
  workflow: { keys: ['nodes', 'edges'], command: 'run' },
  request: { keys: ['training_config', 'data_config', 'model_config'], command: 'train' },
} as const;

/** @throws CommandFailure when the file is clearly of the other kind, and names the command for it */
export function refuseOtherKind(value: unknown, wanted: keyof typeof KINDS, file: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  const has = (kind: keyof typeof KINDS): boolean => KINDS[kind].keys.some((key) => Object.hasOwn(value, key));
  const other = wanted === 'workflow' ? 'request' : 'workflow';
  if (has(wanted) || !has(other)) return;
  const names = { workflow: 'a workflow', request: 'the request of a training job' };
  throw misuse(`${file} is ${names[other]}, not ${names[wanted]}: use \`ganglion ${KINDS[other].command} FILE\``);
}
