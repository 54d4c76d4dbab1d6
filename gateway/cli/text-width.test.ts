import { styleText } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutTo, padEnd, padStart, textWidth, wrap } from './text-width.js';

const red = (text: string): string => styleText('red', text, { validateStream: false });

describe('text width', () => {
  it.each([
    ['abc', 3],
    ['', 0],
    ['良性', 4],
    ['e\u0301', 1],
    [red('abc'), 3],
    ['━━', 2],
  ])('takes %j as %d columns', (text, columns) => expect(textWidth(text)).toBe(columns));

  it('pads by columns, not by characters', () => {
    expect(padEnd('良', 4)).toBe('良  ');
    expect(padStart(red('1'), 3)).toBe(`  ${red('1')}`);
    expect(padEnd('long', 2)).toBe('long');
  });

  it('cuts with an ellipsis, and ends a colour that was begun', () => {
    expect(cutTo('abcdef', 4)).toBe('abc…');
    expect(cutTo('abcd', 4)).toBe('abcd');
    expect(cutTo(red('abcdef'), 3)).toBe('\u001b[31mab…\u001b[0m');
    expect(cutTo('良性腫瘍', 4)).toBe('良…');
  });

  it('never leaves more columns than asked for', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '良', '\u0301', '\u001b[31m', '\u001b[39m', ' ') });
    fc.assert(fc.property(text, fc.nat(12), (value, columns) => textWidth(cutTo(value, columns)) <= columns));
  });

  it('wraps between words without losing one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 1 }),
        fc.integer({ min: 1, max: 30 }),
        (words, columns) => {
          const lines = wrap(words.join(' '), columns);
          expect(lines.join(' ')).toBe(words.join(' '));
          for (const line of lines) expect(line.length <= columns || !line.includes(' ')).toBe(true);
        },
      ),
    );
  });
});
