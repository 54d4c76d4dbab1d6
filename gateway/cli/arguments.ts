/** The options that commands share, and how their values are read. A value that makes no sense ends with exit code 2 before anything begins. */
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { RuntimeOptions } from '../../actors/runtime-types.js';
import { hostnameOf } from '../http/access.js';
import { misuse } from './failure.js';

export const DEFAULT_DATA_DIR = '.ganglion';

/** More threads than any machine has cores: a number beyond it is a typing error. */
const MOST_THREADS = 1024;

function wholeNumber(text: string, least: number, most: number, what: string): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most))
    throw new InvalidArgumentError(`${what} is a whole number from ${least} to ${most}.`);
  return value;
}

export function parsePort(text: string): number {
  return wholeNumber(text, 0, 65_535, 'A port');
}

export function parseThreads(text: string): number {
  return wholeNumber(text, 1, MOST_THREADS, 'A number of threads');
}

export function parseHostName(text: string): string {
  if (hostnameOf(text) === text.toLowerCase()) return text;
  throw new InvalidArgumentError('Give a host name without scheme and port, such as gateway.example.org.');
}

export function parseOrigin(text: string): string {
  if (URL.canParse(text) && new URL(text).origin === text.toLowerCase()) return text;
  throw new InvalidArgumentError(
    'Give scheme, host and port without a path, such as http://localhost:3000; "*" would let every web page that a user visits read patient data.',
  );
}

function notEmpty(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

/** An option that may be given several times. Each takes one value: `--data-root a FILE` must not swallow FILE. */
export function repeatable(flags: string, description: string, parse: (text: string) => string = notEmpty): Option {
  return new Option(flags, `${description} (may be repeated)`).argParser(
    (text: string, before: string[] | undefined) => [...(before ?? []), parse(text)],
  );
}

/** Options of {@link addRuntimeOptions}, as commander gives them. */
export interface RuntimeFlags {
  readonly dataDir?: string;
  readonly dataRoot?: readonly string[];
  readonly threads?: number;
  readonly nodes?: readonly string[];
}

export function nodesOption(): Option {
  return repeatable('--nodes <module>', 'a module with node types of your own as its default export');
}

export function dataDirOption(): Option {
  return new Option(
    '--data-dir <dir>',
    `where the log, models and checkpoints lie (default: ${DEFAULT_DATA_DIR} in the working directory)`,
  ).argParser(notEmpty);
}

export function addDataOptions(command: Command): Command {
  return command
    .addOption(dataDirOption())
    .addOption(
      repeatable('--data-root <dir>', 'a folder below which data may be read; default: the working directory'),
    );
}

/** Absolute, so that a message that names it means the same wherever it is read. */
export function dataDirOf({ dataDir }: RuntimeFlags, workingDirectory: string): string {
  return resolve(workingDirectory, dataDir ?? DEFAULT_DATA_DIR);
}

/** @throws CommandFailure for a folder that is not there: data would be missing in the middle of a run */
export function dataRootsOf({ dataRoot }: RuntimeFlags, workingDirectory: string): readonly string[] {
  return (dataRoot ?? []).map((folder) => {
    const path = resolve(workingDirectory, folder);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path;
    throw misuse(`--data-root: ${path} is not a folder: name one that exists`);
  });
}

/**
 * Paths become URLs of files, which every thread resolves alike; what already is a URL stays.
 * @throws CommandFailure for a file that is not there
 */
export function nodeModulesOf({ nodes }: RuntimeFlags, workingDirectory: string): readonly string[] {
  return (nodes ?? []).map((module) => {
    // A drive letter is no scheme.
    if (/^[a-z][a-z0-9+.-]+:/i.test(module)) return module;
    const path = resolve(workingDirectory, module);
    if (existsSync(path)) return pathToFileURL(path).href;
    throw misuse(`--nodes: ${path} does not exist: give the path or the URL of a module`);
  });
}

export function runtimeOptionsOf(
  flags: RuntimeFlags,
  workingDirectory: string,
  onWarning: (message: string) => void,
): RuntimeOptions {
  const dataRoots = dataRootsOf(flags, workingDirectory);
  const nodes = nodeModulesOf(flags, workingDirectory);
  return {
    dataDir: dataDirOf(flags, workingDirectory),
    ...(flags.threads !== undefined && { threads: flags.threads }),
    ...(dataRoots.length > 0 && { dataRoots }),
    ...(nodes.length > 0 && { nodes }),
    onWarning,
  };
}
