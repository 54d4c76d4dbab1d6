import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDims, broadcastShapes, type Dim, divideDims, multiplyDims } from './shape.js';

/** The extent when the symbols have these values. */
function evaluate(dim: Dim, values: Readonly<Record<string, number>>): number {
  if (typeof dim === 'number') return dim;
  // Only products stand in parentheses here.
  const sum = dim
    .replace(/[()]/g, '')
    .split('+')
    .map((term) => term.split('*').reduce((product, factor) => product * (values[factor] ?? Number(factor)), 1));
  return sum.reduce((total, term) => total + term, 0);
}

const dims = fc.array(fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constantFrom('N', 'T')), { maxLength: 4 });
const values = fc.record({ N: fc.integer({ min: 1, max: 9 }), T: fc.integer({ min: 1, max: 9 }) });

describe('extents with symbols', () => {
  test('multiply as their values do', () => {
    fc.assert(
      fc.property(dims, values, (list, at) => {
        expect(evaluate(multiplyDims(list), at)).toBe(
          list.reduce<number>((product, dim) => product * evaluate(dim, at), 1),
        );
      }),
    );
  });

  test('add as their values do', () => {
    fc.assert(
      fc.property(dims, values, (list, at) => {
        expect(evaluate(addDims(list), at)).toBe(list.reduce<number>((sum, dim) => sum + evaluate(dim, at), 0));
      }),
    );
  });

  test('divide what they were multiplied from', () => {
    fc.assert(
      fc.property(dims, dims, values, (part, rest, at) => {
        const quotient = divideDims([...part, ...rest], part);
        expect(evaluate(quotient!, at)).toBe(evaluate(multiplyDims(rest), at));
      }),
    );
  });

  test.each<[Dim[], Dim]>([
    [[2, 'N+1'], '2*(N+1)'],
    [['N*T+2', 3], '3*(N*T+2)'],
    [['floor(2*N*3)', 'T'], 'T*floor(2*N*3)'],
    [['2*(N+1)', 3], '6*(N+1)'],
    [['N+1', 1], 'N+1'],
    [['(N)+(T)', 1], '(N)+(T)'],
  ])('of several terms are one factor: %j makes %s', (list, expected) => {
    expect(multiplyDims(list)).toBe(expected);
    expect(divideDims([expected], list.slice(1))).toBe(multiplyDims(list.slice(0, 1)));
  });

  test('beyond 2^53 elements are refused', () => {
    expect(() => multiplyDims([2 ** 40, 'N', 2 ** 40])).toThrow(/more than 2\^53 elements/);
  });

  test.each<[Dim[], Dim[]]>([
    [[5], [2]],
    [['N'], ['T']],
    [['N', 3], [2]],
    [[4], [0]],
  ])('%j is not divided by %j', (whole, part) => {
    expect(divideDims(whole, part)).toBeUndefined();
  });
});

describe('broadcasting', () => {
  test.each<[Dim[][], Dim[] | undefined]>([
    [
      [['N', 4], [4]],
      ['N', 4],
    ],
    [
      [['N', 1], [3]],
      ['N', 3],
    ],
    [
      [
        [2, 1, 4],
        [3, 1],
      ],
      [2, 3, 4],
    ],
    [[[], [5]], [5]],
    [[['N'], [7]], [7]],
    [[['N'], [1]], ['N']],
    [[['N'], ['M']], ['max(N, M)']],
    [[[2], [3]], undefined],
    [[], []],
  ])('%j gives %j', (shapes, expected) => {
    expect(broadcastShapes(shapes)).toEqual(expected);
  });
});
