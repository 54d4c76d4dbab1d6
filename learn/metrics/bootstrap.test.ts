import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bootstrap, quantile } from './bootstrap.js';

const rows = (count: number): number[] => Array.from({ length: count }, (_, row) => row);

describe('the bootstrap', () => {
  it('draws as many units as there are, whole patients at a time', () => {
    const units = [5, 9, 5, 5, 2, 9];
    const seen: number[][] = [];
    bootstrap(
      (weights) => {
        seen.push([...weights]);
        return { sum: 1 };
      },
      units,
      { seed: 1, resamples: 50 },
    );
    for (const [five, nine, five2, five3, two, nine2] of seen) {
      expect([five2, five3, nine2]).toEqual([five, five, nine]);
      expect(five! + nine! + two!).toBe(3);
    }
    expect(new Set(seen.map(String)).size).toBeGreaterThan(5);
  });

  it('is deterministic in the seed, and resample k does not depend on how many there are', () => {
    const draws = (seed: number, resamples: number): string[] => {
      const seen: string[] = [];
      bootstrap((weights) => ({ x: seen.push(String(weights)) }), rows(10), { seed, resamples });
      return seen;
    };
    expect(draws(1, 20)).toEqual(draws(1, 20));
    expect(draws(1, 5)).toEqual(draws(1, 20).slice(0, 5));
    expect(draws(2, 20)).not.toEqual(draws(1, 20));
  });

  it('gives the interval of a mean that theory predicts', () => {
    const values = rows(200).map((row) => (row * 37) % 200);
    const mean = values.reduce((sum, value) => sum + value, 0) / 200;
    const { intervals } = bootstrap(
      (weights) => ({ mean: values.reduce((sum, value, row) => sum + value * weights[row]!, 0) / 200 }),
      rows(200),
      { seed: 4 },
    );
    // Standard error of a mean of 0..199: 57.73 / sqrt(200) = 4.08; 1.96 of it on either side.
    expect(intervals.mean.low).toBeCloseTo(mean - 8, -0.5);
    expect(intervals.mean.high).toBeCloseTo(mean + 8, -0.5);
    expect(intervals.mean.high! - intervals.mean.low!).toBeGreaterThan(14);
    expect(intervals.mean.high! - intervals.mean.low!).toBeLessThan(18);
  });

  it('is wider when rows belong to few patients', () => {
    const values = rows(100).map((row) => (row < 50 ? 0 : 1));
    const width = (units: readonly number[]): number => {
      const { low, high } = bootstrap(
        (weights) => {
          let sum = 0;
          let total = 0;
          for (const [row, value] of values.entries()) {
            sum += value * weights[row]!;
            total += weights[row]!;
          }
          return { mean: sum / total };
        },
        units,
        { seed: 2 },
      ).intervals.mean;
      return high! - low!;
    };
    expect(width(rows(100).map((row) => Math.floor(row / 10)))).toBeGreaterThan(2 * width(rows(100)));
  });

  it('leaves degenerate resamples out and counts them', () => {
    let calls = 0;
    const result = bootstrap(() => (calls++ % 4 === 0 ? null : { x: calls }), rows(5), { seed: 1, resamples: 100 });
    expect(result.leftOut).toBe(25);
    expect(result.intervals.x.used).toBe(75);
  });

  it('gives no interval where fewer than half of the resamples have a value', () => {
    let calls = 0;
    const { intervals } = bootstrap(
      () => ({ rare: calls++ % 4 === 0 ? 1 : null, never: null, half: calls % 2 ? 1 : null }),
      rows(5),
      {
        seed: 1,
        resamples: 100,
      },
    );
    expect(intervals.rare).toEqual({ low: null, high: null, used: 25 });
    expect(intervals.never).toEqual({ low: null, high: null, used: 0 });
    expect(intervals.half).toEqual({ low: 1, high: 1, used: 50 });
  });

  it.each([
    ['a negative number of resamples', { resamples: -1 }],
    ['half a resample', { resamples: 0.5 }],
    ['a level of 1', { level: 1 }],
    ['a level of 95', { level: 95 }],
  ])('refuses %s', (_, options) => {
    expect(() => bootstrap(() => ({ x: 1 }), rows(3), { seed: 1, ...options })).toThrow(RangeError);
  });
});

describe('quantiles', () => {
  it.each([
    [0, 1],
    [0.25, 1.75],
    [0.5, 2.5],
    [0.9, 3.7],
    [1, 4],
  ])('at %s of 1, 2, 3, 4: %s', (share, expected) => {
    expect(quantile([1, 2, 3, 4], share)).toBeCloseTo(expected, 12);
  });

  it('lie within the values and never fall', () => {
    const sorted = fc
      .array(fc.integer(), { minLength: 1, maxLength: 20 })
      .map((values) => values.sort((a, b) => a - b));
    fc.assert(
      fc.property(
        sorted,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, a, b) => {
          const [low, high] = [quantile(values, Math.min(a, b)), quantile(values, Math.max(a, b))];
          expect(low).toBeLessThanOrEqual(high);
          expect(low).toBeGreaterThanOrEqual(values[0]!);
          expect(high).toBeLessThanOrEqual(values.at(-1)!);
        },
      ),
    );
  });
});
