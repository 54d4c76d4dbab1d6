/** Every way a request can fail, and what the client gets to read. Nothing else ever leaves the server. */
import { nanoid } from 'nanoid';
import type { z } from 'zod';
import type { Refusal, RefusalCode, ValidationIssue } from './backend.js';
import { MOST_ISSUES } from './defaults.js';

/** What a refusal of the backend means in HTTP. */
export const REFUSAL_STATUS: Readonly<Record<RefusalCode, number>> = {
  invalid: 422,
  bad_request: 400,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  unavailable: 503,
  internal: 500,
};

/** A request that the gateway itself refuses. */
export class HttpError extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.name = 'HttpError';
    this.status = status;
    this.headers = headers;
  }
}

/** Input that breaks a schema: 422, each fault with its place. */
export class InvalidInput extends Error {
  readonly issues: readonly ValidationIssue[];

  constructor(issues: readonly ValidationIssue[]) {
    super(issues[0]?.msg ?? 'invalid input');
    this.name = 'InvalidInput';
    this.issues = issues;
  }
}

/** Whether the error is a refusal of the backend. Structural: it may come from another thread, without its class. */
export function isRefusal(error: unknown): error is Refusal {
  if (typeof error !== 'object' || error === null) return false;
  const { code, message } = error as { code?: unknown; message?: unknown };
  return typeof code === 'string' && Object.hasOwn(REFUSAL_STATUS, code) && typeof message === 'string';
}

export interface Failure {
  readonly status: number;
  readonly detail: string | readonly ValidationIssue[];
  readonly headers: Readonly<Record<string, string>>;
}

/** Writes one line, or a stack, where the operator reads it. */
export type Log = (text: string) => void;

/**
 * Turns anything thrown into what the client may read. An error nobody foresaw becomes "internal error" with an id;
 * the log has the same id beside the stack.
 */
export function toFailure(error: unknown, where: string, log: Log): Failure {
  if (error instanceof HttpError) return { status: error.status, detail: error.message, headers: error.headers };
  if (error instanceof InvalidInput) return { status: 422, detail: cap(error.issues), headers: {} };
  if (isRefusal(error) && error.code !== 'internal') {
    const status = REFUSAL_STATUS[error.code];
    if (status !== 422) return { status, detail: error.message, headers: {} };
    const issues = error.issues ?? [{ loc: ['body'], msg: error.message, type: 'value_error' }];
    return { status, detail: cap(issues), headers: {} };
  }
  const id = nanoid(10);
  log(`internal error ${id} at ${where}: ${describe(error)}\n`);
  return { status: 500, detail: `internal error (${id})`, headers: {} };
}

/** The failure in one line, for the `error` field of a socket's event. */
export function oneLine(failure: Failure): string {
  if (typeof failure.detail === 'string') return failure.detail;
  return failure.detail.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; ');
}

/** Faults that zod found, with their place in the request. `section` is `path`, `query` or `body`. */
export function issuesOf(error: z.ZodError, section: string, input: unknown): ValidationIssue[] {
  return error.issues.flatMap((issue): ValidationIssue[] => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
    const loc = [section, ...path];
    if (issue.code === 'invalid_type' && valueAt(input, path) === undefined)
      return [{ loc, msg: 'Field required', type: 'missing' }];
    return [{ loc, msg: issue.message, type: issue.code === 'custom' ? 'value_error' : issue.code }];
  });
}

function valueAt(input: unknown, path: readonly (string | number)[]): unknown {
  let value = input;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

function cap(issues: readonly ValidationIssue[]): readonly ValidationIssue[] {
  if (issues.length <= MOST_ISSUES) return issues;
  const more = { loc: ['body'], msg: `and ${issues.length - MOST_ISSUES} more faults`, type: 'truncated' };
  return [...issues.slice(0, MOST_ISSUES), more];
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by ${describe(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
