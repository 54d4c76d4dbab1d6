/** How a command fails: an exit code and lines that say what, where and how to mend it. Nothing else reaches the terminal. */
import type { ContractIssue } from '../../actors/contract/index.js';
import type { Fault } from '../../actors/workflow/index.js';
import { EXIT } from './exit-codes.js';

/** A failure that the command foresaw. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly exitCode: number;

  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** Wrong usage: exit code 2. */
export function misuse(message: string, cause?: unknown): CommandFailure {
  return new CommandFailure(EXIT.usage, message, { cause });
}

/** Control characters of a terminal in somebody's file name or error text must not move our cursor. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal obeys.
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}

/** Text in one line. */
export function oneLine(text: string): string {
  return printable(text.trim().replace(/\s*[\r\n]+\s*/g, '; '));
}

/**
 * A fault of a workflow as a line. Most messages name their node or edge; where one does not, as for a cycle or a wrong
 * shape, the line does.
 */
export function faultLine({ code, message, node_id: node, edge_id: edge }: Fault): string {
  const place = node !== undefined ? `node "${node}"` : edge !== undefined ? `edge "${edge}"` : undefined;
  const told = place === undefined || message.includes(`"${node ?? edge}"`);
  return oneLine(`${told ? '' : `${place}: `}${message} [${code}]`);
}

/** A fault of a request as a line: its place within the file, then what is wrong there. */
export function issueLine({ loc, msg }: ContractIssue): string {
  const place = (loc[0] === 'body' ? loc.slice(1) : loc).join('.');
  return oneLine(place === '' ? msg : `${place}: ${msg}`);
}

/** The lines of an invalid workflow or request, or `undefined` for any other error. Structural: it may come from another thread. */
export function faultLinesOf(error: unknown): readonly string[] | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, faults, issues } = error as { code?: unknown; faults?: unknown; issues?: unknown };
  if (code !== 'invalid') return undefined;
  if (Array.isArray(faults)) return (faults as Fault[]).map(faultLine);
  if (Array.isArray(issues)) return (issues as ContractIssue[]).map(issueLine);
  return undefined;
}

export function exitCodeOfFailure(error: unknown): number {
  if (error instanceof CommandFailure) return error.exitCode;
  return faultLinesOf(error) === undefined ? EXIT.failed : EXIT.usage;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What stands on standard error for anything thrown. `debug` adds stacks and causes. */
export function describeFailure(error: unknown, debug: boolean): string {
  const faults = faultLinesOf(error);
  const message = messageOf(error);
  const lines = faults !== undefined && faults.length > 0 ? faults : [oneLine(message) || 'failed without a message'];
  const stack = debug ? `${stackOf(error)}\n` : '';
  return `${lines.map((line) => `error: ${line}\n`).join('')}${stack}`;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by: ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
