/** The border: a value from outside goes in, a typed value or the contract's list of faults comes out. */
import type { z } from 'zod';
import { unknownKeys, wording } from './wording.js';

/** One fault with its place, as a 422 answer carries it: `{"loc": ["body", "training_config", "epochs"], "msg", "type"}`. */
export interface ContractIssue {
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  /** `missing`, `extra_forbidden` (an unknown key), or what zod calls the fault: `invalid_type`, `too_big`, ... */
  readonly type: string;
}

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly issues: readonly ContractIssue[] };

/** A list of 100,000 wrong entries is told by its first faults and their number. */
const MOST_ISSUES = 100;

type Place = readonly (string | number)[];

function place(prefix: Place, path: readonly PropertyKey[]): (string | number)[] {
  return [...prefix, ...path.map((step) => (typeof step === 'number' ? step : String(step).slice(0, 200)))];
}

/** The branch of a union that the value was meant for: the only one that accepts its kind and faults something inside. */
function intendedBranch(issue: z.core.$ZodIssueInvalidUnion): readonly z.core.$ZodIssue[] | undefined {
  const inside = issue.errors.filter((branch) =>
    branch.every((fault) => fault.path.length > 0 || !['invalid_type', 'invalid_value'].includes(fault.code ?? '')),
  );
  return inside.length === 1 ? inside[0] : undefined;
}

function collect(issues: readonly z.core.$ZodIssue[], prefix: Place, found: ContractIssue[]): void {
  for (const issue of issues) {
    const loc = place(prefix, issue.path);
    if (issue.code === 'unrecognized_keys') {
      const messages = unknownKeys(issue);
      issue.keys.forEach((key, index) => {
        found.push({ loc: place(loc, [key]), msg: messages[index]!, type: 'extra_forbidden' });
      });
      continue;
    }
    const branch = issue.code === 'invalid_union' ? intendedBranch(issue) : undefined;
    if (branch !== undefined) {
      collect(branch, loc, found);
      continue;
    }
    const missing = issue.message.startsWith('is required');
    found.push({ loc, msg: issue.message, type: missing ? 'missing' : issue.code });
  }
}

/**
 * The contract's faults of a failed parse, each at `prefix` + its path, at most 100 of them and then one that counts the rest.
 * For the plain wording the parse must have used it, as {@link parse} does.
 */
export function issuesOf(error: z.core.$ZodError, prefix: Place = []): readonly ContractIssue[] {
  const found: ContractIssue[] = [];
  collect(error.issues, prefix, found);
  if (found.length <= MOST_ISSUES) return found;
  const rest = found.length - MOST_ISSUES;
  return [...found.slice(0, MOST_ISSUES), { loc: [...prefix], msg: `and ${rest} more faults`, type: 'more' }];
}

/**
 * Parses a value from outside. Never throws for a wrong value: every fault comes back at once, in plain words.
 * @param prefix where the value stands in the request, for instance `['body', 'training_config']`
 */
export function parse<T>(schema: z.ZodType<T>, value: unknown, prefix: Place = []): Parsed<T> {
  const result = schema.safeParse(value, { error: wording });
  return result.success ? { ok: true, value: result.data } : { ok: false, issues: issuesOf(result.error, prefix) };
}

/** A value that must be right because we made it ourselves. @throws TypeError that lists the faults. */
export function mustParse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = parse(schema, value);
  if (parsed.ok) return parsed.value;
  throw new TypeError(
    `${what}: ${parsed.issues.map((issue) => `${issue.loc.join('.')} ${issue.msg}`.trim()).join('; ')}`,
  );
}
