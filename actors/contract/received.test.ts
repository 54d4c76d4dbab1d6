import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoted, received } from './received.js';

describe('received', () => {
  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [1.5, '1.5'],
    [Number.NaN, 'NaN'],
    [12n, '12n'],
    [true, 'true'],
    ['a "b"', '"a \\"b\\""'],
    [[1, 2], '[1, 2]'],
    [[1, 2, 3, 4, 5, 6], '[1, 2, 3, 4, … 2 more]'],
    [{ a: { b: { c: 1 } } }, '{a: {b: an object of 1}}'],
    [[[[1]]], '[[a list of 1]]'],
    [new Float32Array(4), 'Float32Array of 16 bytes'],
    [() => 1, 'a function'],
  ])('shows %o as %s', (value, text) => {
    expect(received(value)).toBe(text);
  });

  it('stays short for anything', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(received(value).length).toBeLessThanOrEqual(161);
      }),
    );
    expect(received('x'.repeat(1_000_000)).length).toBeLessThan(100);
  });

  it('cuts long names', () => {
    expect(quoted('x'.repeat(1000)).length).toBeLessThan(70);
    expect(quoted('node')).toBe('"node"');
  });
});
