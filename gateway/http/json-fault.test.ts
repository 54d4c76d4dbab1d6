import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findJsonFault } from './json-fault.js';

function isValid(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('findJsonFault', () => {
  it.each([
    ['', 0, 'a value'],
    ['   ', 3, 'a value'],
    ['{"a": 1,}', 8, 'a key in double quotes'],
    ["{'a': 1}", 1, 'a key in double quotes'],
    ['{"a" 1}', 5, ':'],
    ['[1 2]', 3, '"," or "]"'],
    ['[1,', 3, 'a value'],
    ['{"a": nul}', 6, 'null'],
    ['"a\\x"', 2, 'an escape such as \\n or \\u0041'],
    ['"abc', 4, 'the end of the string'],
    ['"a\nb"', 2, 'the end of the string'],
    ['{} {}', 3, 'the end of the text'],
    ['01', 1, 'the end of the text'],
    ['NaN', 0, 'a value'],
  ])('finds the fault of %j at %i', (text, at, expected) => {
    expect(findJsonFault(text)).toEqual({ at, expected });
  });

  it('finds no fault in what JSON.parse takes, and one in what it refuses', () => {
    const token = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '1',
      '-0.5e+3',
      '.',
      '-',
      'true',
      'nul',
      'null',
      ' ',
      '\\',
      '\\u0041',
      '\n',
    );
    const texts = fc.oneof(
      fc.json(),
      fc.array(token, { maxLength: 12 }).map((tokens) => tokens.join('')),
      fc.string(),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(findJsonFault(text) === undefined).toBe(isValid(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('finds the fault no later than the end of a text that was cut off', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (text, cut) => {
        const part = text.slice(0, cut % text.length);
        const fault = findJsonFault(part);
        if (fault !== undefined) expect(fault.at).toBeLessThanOrEqual(part.length);
      }),
    );
  });
});
