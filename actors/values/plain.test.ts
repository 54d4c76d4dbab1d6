import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pack } from './pack.js';
import { requirePlain } from './plain.js';

class Tumour {
  size = 1;
}

function itself(): object {
  const value: Record<string, unknown> = {};
  value['inner'] = { value };
  return value;
}

describe('plain data', () => {
  it('is JSON, with typed arrays and numbers that JSON lacks', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void requirePlain(value, 'x')));
    requirePlain({ a: [Float32Array.of(1), Number.NaN, undefined, null], b: { c: 'd' } }, 'x');
    const shared = { one: 1 };
    requirePlain([shared, shared], 'x');
  });

  it.each<[string, unknown, string]>([
    ['a function', { run: [() => 1] }, 'x holds a function at run[0]:'],
    ['a bigint', 1n, 'x is a bigint:'],
    ['a symbol', [Symbol('s')], 'x holds a symbol at [0]:'],
    ['a map', { deep: { er: new Map() } }, 'x holds a Map at deep.er:'],
    ['a date', new Date(0), 'x is a Date:'],
    ['an instance', [new Tumour()], 'x holds a Tumour at [0]:'],
    ['bytes without a type', new ArrayBuffer(4), 'x is a ArrayBuffer:'],
    ['a cycle', itself(), 'x holds itself at inner.value:'],
  ])('is not %s, and the message has its place', (_, value, message) => {
    expect(() => requirePlain(value, 'x')).toThrow(message);
    expect(() => pack(value)).toThrow(TypeError);
  });
});
