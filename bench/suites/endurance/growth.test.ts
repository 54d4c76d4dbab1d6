import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { growthCount, growthRatio } from './growth.js';

const course = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 3, maxLength: 40 });

describe('growth', () => {
  it.each([
    ['a warm-up', [1, 5, 9, 9, 9, 9, 9, 9, 9], 1, 0],
    ['a leak', [1, 2, 3, 4, 5, 6, 7, 8, 9], 8 / 5, 3],
    ['one outlier', [4, 4, 4, 4, 4, 4, 4, 99, 4], 1, 0],
    ['memory given back', [9, 9, 9, 8, 8, 8, 4, 4, 4], 0.5, 0],
    ['a step in the last third', [2, 2, 2, 2, 2, 2, 3, 3, 3], 1.5, 1],
    ['what is now and then still being put away', [15, 18, 15, 15, 15, 18, 18, 15, 18], 1.2, 0],
  ])('sees through %s', (_, values, ratio, count) => {
    expect(growthRatio(values)).toBeCloseTo(ratio, 12);
    expect(growthCount(values)).toBe(count);
  });

  it('is 1, or none, for what stays as it is, however many looks there are', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 3, max: 50 }), (value, looks) => {
        const values = new Array<number>(looks).fill(value);
        expect(growthRatio(values)).toBe(1);
        expect(growthCount(values)).toBe(0);
      }),
    );
  });

  it('does not depend on the unit', () => {
    fc.assert(
      fc.property(course, (values) => {
        expect(growthRatio(values.map((value) => value * 1024))).toBeCloseTo(growthRatio(values), 9);
      }),
    );
  });

  it('refuses too few looks, and a ratio to nothing', () => {
    expect(() => growthRatio([1, 2])).toThrow('three values or more, not 2');
    expect(() => growthRatio([0, 0, 1])).toThrow('above 0');
    expect(growthCount([0, 0, 1])).toBe(1);
  });
});
