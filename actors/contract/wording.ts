/** Faults of a value in plain words: what was expected, what came, how to mend it. Zod asks for them while it parses. */
import { z } from 'zod';
import { declaredKeys } from './keys.js';
import { suggestion } from './nearest.js';
import { quoted, received } from './received.js';

/** What zod calls a type -> what a reader calls it. */
const EXPECTED: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a finite number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
  undefined: 'nothing (leave it out)',
  never: 'nothing (leave it out)',
};

/** What is counted when a text, a list or an object is too short or too long. */
const COUNTED: Readonly<Record<string, string>> = {
  string: 'characters',
  array: 'entries',
  set: 'entries',
  map: 'entries',
  record: 'keys',
  object: 'keys',
};

type Finished = z.core.$ZodIssue;

function choices(values: readonly unknown[]): string {
  const shown = values.map((value) => (typeof value === 'string' ? quoted(value) : String(value)));
  return shown.length === 1 ? shown[0]! : `one of ${shown.join(', ')}`;
}

/** What an issue at the root of a value would have accepted, or `undefined` when it is not about the value as a whole. */
function expectation(issue: Finished): string | undefined {
  if (issue.path.length > 0) return undefined;
  if (issue.code === 'invalid_type') return EXPECTED[issue.expected] ?? issue.expected;
  if (issue.code === 'invalid_value') return choices(issue.values);
  return undefined;
}

function alternatives(branches: readonly (readonly Finished[])[]): string {
  const accepted = branches.map((branch) => branch.map(expectation).find((text) => text !== undefined));
  const known = [...new Set(accepted.filter((text) => text !== undefined))];
  return known.length > 0 ? `expected ${known.join(', or ')}` : 'fits none of the accepted forms';
}

function unknownKeyMessage(key: string, known: readonly string[] | undefined): string {
  return `unknown key ${quoted(key)}. ${known === undefined ? 'Leave it out.' : suggestion(key, known)}`;
}

/**
 * The finished issue of an unknown key no longer says which schema refused it, and `keys` may hold several. The array
 * of keys is the one thing that passes unchanged from here into the issue, so the sentences hang on it.
 */
const sentences = new WeakMap<readonly string[], readonly string[]>();

/** A sentence for each of an issue's unknown keys. */
export function unknownKeys(issue: z.core.$ZodIssueUnrecognizedKeys): readonly string[] {
  return sentences.get(issue.keys) ?? issue.keys.map((key) => unknownKeyMessage(key, undefined));
}

/** Error map for zod (`schema.safeParse(value, { error: wording })`). A schema's own message goes before it. */
export const wording: z.core.$ZodErrorMap = (issue) => {
  const came = `received ${received(issue.input)}`;
  switch (issue.code) {
    case 'invalid_type': {
      // Zod calls a text where a whole number belongs "not a number"; only the schema knows better.
      const kind = issue.inst instanceof z.ZodNumberFormat ? 'int' : issue.expected;
      const expected = EXPECTED[kind] ?? kind;
      return issue.input === undefined ? `is required: expected ${expected}` : `expected ${expected}, ${came}`;
    }
    case 'invalid_value': {
      const texts = issue.values.filter((value) => typeof value === 'string');
      const close = typeof issue.input === 'string' && texts.length > 1 ? suggestion(issue.input, texts) : '';
      const hint = close.startsWith('Did') ? `. ${close}` : '';
      return issue.input === undefined
        ? `is required: expected ${choices(issue.values)}`
        : `expected ${choices(issue.values)}, ${came}${hint}`;
    }
    case 'too_small':
    case 'too_big': {
      const small = issue.code === 'too_small';
      const bound = small ? issue.minimum : issue.maximum;
      const counted = COUNTED[issue.origin];
      if (counted !== undefined) {
        if (small && bound === 1) return 'must not be empty';
        const count = (issue.input as { length?: number } | undefined)?.length;
        return `needs at ${small ? 'least' : 'most'} ${bound} ${counted}${count === undefined ? '' : `, received ${count}`}`;
      }
      const strict = issue.inclusive === false;
      const relation = small ? (strict ? 'greater than' : 'at least') : strict ? 'less than' : 'at most';
      return `must be ${relation} ${bound}, ${came}`;
    }
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}, ${came}`;
    case 'invalid_format':
      return `does not have the form ${issue.format === 'regex' ? issue.pattern : issue.format}, ${came}`;
    case 'unrecognized_keys': {
      const known = issue.inst === undefined ? undefined : declaredKeys(issue.inst as z.core.$ZodType);
      const all = issue.keys.map((key) => unknownKeyMessage(key, known));
      sentences.set(issue.keys, all);
      return all.join(' ');
    }
    case 'invalid_union':
      return `${alternatives(issue.errors)}, ${came}`;
    case 'invalid_key':
      return `has a key that is not allowed, ${came}`;
    default:
      return `is not valid, ${came}`;
  }
};
