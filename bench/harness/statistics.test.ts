import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { random, STREAMS } from '../../learn/random.js';
import { median, medianInterval, pairedRatios, quantile, relativeSpread } from './statistics.js';

const figure = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
const figures = fc.array(figure, { minLength: 1, maxLength: 60 });

/** The coverage of the interval between the k-th smallest and k-th largest of n values, in whole numbers. */
function exactCoverage(count: number, rank: number): number {
  let binomial = 1n;
  let tail = 0n;
  for (let successes = 0; successes < rank; successes++) {
    tail += binomial;
    binomial = (binomial * BigInt(count - successes)) / BigInt(successes + 1);
  }
  const scale = 2n ** 60n;
  return 1 - Number((2n * tail * scale) / 2n ** BigInt(count)) / Number(scale);
}

describe('quantile and median', () => {
  it.each([
    [[3], 0.5, 3],
    [[4, 1, 3, 2], 0.5, 2.5],
    [[5, 1, 3], 0.5, 3],
    [[1, 2, 3, 4, 5], 0.9, 4.6],
    [[10, 20], 0.25, 12.5],
    [[1, 2, 3], 0, 1],
    [[1, 2, 3], 1, 3],
  ])('of %j at %d is %d', (values, share, expected) => {
    expect(quantile(values, share)).toBeCloseTo(expected, 12);
  });

  it('leaves the measurements in the order in which they were made', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  it('does not depend on the order, stays within the values and splits them in half', () => {
    fc.assert(
      fc.property(figures, (values) => {
        const middle = median(values);
        expect(median([...values].reverse())).toBe(middle);
        expect(middle).toBeGreaterThanOrEqual(Math.min(...values));
        expect(middle).toBeLessThanOrEqual(Math.max(...values));
        expect(values.filter((value) => value < middle).length).toBeLessThanOrEqual(values.length / 2);
        expect(values.filter((value) => value > middle).length).toBeLessThanOrEqual(values.length / 2);
      }),
    );
  });

  it('does not fall when the share grows', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(figures, share, share, (values, one, other) => {
        const [smaller, larger] = one < other ? [one, other] : [other, one];
        expect(quantile(values, smaller)).toBeLessThanOrEqual(quantile(values, larger) * (1 + 1e-12));
      }),
    );
  });

  it.each([
    ['no values', [], 'at least one'],
    ['a value that is not a number', [1, Number.NaN], 'finite'],
    ['an infinite value', [Number.POSITIVE_INFINITY], 'finite'],
  ])('refuses %s', (_, values, message) => {
    expect(() => median(values)).toThrow(message);
  });

  it('refuses a share outside 0..1', () => {
    expect(() => quantile([1], 1.5)).toThrow('1.5');
  });
});

describe('relativeSpread', () => {
  it('is (p90 - p10) / median', () => {
    expect(relativeSpread([8, 9, 10, 11, 12])).toBeCloseTo((11.6 - 8.4) / 10, 12);
  });

  it('does not see one disturbed round in fifteen', () => {
    expect(relativeSpread([...Array(14).fill(1), 9])).toBe(0);
  });

  it('sees a fifth of the rounds in a slow mode', () => {
    expect(relativeSpread([...Array(12).fill(1), 2, 2, 2])).toBeGreaterThan(0.15);
  });

  it('is 0 for a count that is always 0', () => {
    expect(relativeSpread([0, 0, 0])).toBe(0);
  });

  it('does not depend on the unit', () => {
    fc.assert(
      fc.property(figures, fc.double({ min: 1e-3, max: 1e3, noNaN: true }), (values, factor) => {
        const scaled = relativeSpread(values.map((value) => value * factor));
        const spread = relativeSpread(values);
        expect(Math.abs(scaled - spread)).toBeLessThanOrEqual(1e-9 * (1 + spread));
      }),
    );
  });
});

describe('medianInterval', () => {
  // Ranks as in the tables of David, Nagaraja and of Conover: the k-th smallest to the k-th largest.
  it.each([
    [6, 1, 0.96875],
    [10, 2, 0.978515625],
    [15, 4, 0.96484375],
    [20, 6, 0.958610535],
    [30, 10, 0.957226055],
  ])('of %d values runs between the values of rank %d, with coverage %d', (count, rank, coverage) => {
    const interval = medianInterval(Array.from({ length: count }, (_, index) => index + 1));
    expect(interval.low).toBe(rank);
    expect(interval.high).toBe(count + 1 - rank);
    expect(interval.coverage).toBeCloseTo(coverage, 8);
  });

  it('gives the full range, and says how little it is worth, when there are too few values', () => {
    expect(medianInterval([2, 1, 3])).toEqual({ low: 1, high: 3, coverage: expect.closeTo(0.75, 12) });
    expect(medianInterval([7])).toEqual({ low: 7, high: 7, coverage: 0 });
  });

  it('holds the median, keeps the wished coverage and is as narrow as it can be', () => {
    const confidence = fc.double({ min: 0.5, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 11, max: 400 }), confidence, (count, wished) => {
        const ranks = Array.from({ length: count }, (_, index) => index + 1);
        const { low, high, coverage } = medianInterval(ranks, wished);
        expect(low).toBeLessThanOrEqual(median(ranks));
        expect(high).toBeGreaterThanOrEqual(median(ranks));
        expect(coverage).toBeCloseTo(exactCoverage(count, low), 9);
        expect(coverage).toBeGreaterThanOrEqual(wished);
        if (low + 1 <= Math.ceil(count / 2)) expect(exactCoverage(count, low + 1)).toBeLessThan(wished + 1e-9);
      }),
    );
  });

  it('works for counts whose probabilities underflow', () => {
    const interval = medianInterval(Array.from({ length: 5000 }, (_, index) => index));
    expect(interval.coverage).toBeGreaterThan(0.95);
    expect(interval.coverage).toBeLessThan(0.96);
  });

  it('covers the true median of a skewed distribution as often as it says', () => {
    const draws = random(20, STREAMS.bootstrap);
    const trials = 3000;
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      const { low, high } = medianInterval(Array.from({ length: 15 }, () => -Math.log(1 - draws.uniform())));
      if (low <= Math.LN2 && Math.LN2 <= high) covered += 1;
    }
    // 96.5 % with a standard error of 0.34 %: four of them to each side.
    expect(covered / trials).toBeGreaterThan(0.951);
    expect(covered / trials).toBeLessThan(0.979);
  });

  it('refuses a confidence of 1', () => {
    expect(() => medianInterval([1, 2], 1)).toThrow('between 0 and 1');
  });
});

describe('pairedRatios', () => {
  it('is above 1 where we are better, for times and for rates', () => {
    expect(pairedRatios([2, 4], [4, 2], 'lower')).toEqual([2, 0.5]);
    expect(pairedRatios([2, 4], [4, 2], 'higher')).toEqual([0.5, 2]);
  });

  it('turns into its reciprocal when the two sides change places, and when the direction does', () => {
    const pairs = fc.array(fc.tuple(figure, figure), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(pairs, fc.constantFrom('lower' as const, 'higher' as const), (rounds, better) => {
        const ours = rounds.map(([value]) => value);
        const peer = rounds.map(([, value]) => value);
        const ratios = pairedRatios(ours, peer, better);
        const swapped = pairedRatios(peer, ours, better);
        const turned = pairedRatios(ours, peer, better === 'lower' ? 'higher' : 'lower');
        expect(turned).toEqual(swapped);
        ratios.forEach((ratio, round) => {
          expect(ratio * swapped[round]!).toBeCloseTo(1, 9);
        });
      }),
    );
  });

  it('takes out a disturbance that slows both sides of a round', () => {
    const load = [1, 1.7, 1, 3, 1.1];
    const ratios = pairedRatios(
      load.map((factor) => 2 * factor),
      load.map((factor) => 3 * factor),
      'lower',
    );
    expect(relativeSpread(ratios)).toBeCloseTo(0, 12);
  });

  it.each([
    ['different numbers of rounds', [1, 2], [1], '2'],
    ['a figure of 0', [1, 0], [1, 1], 'round 1'],
  ])('refuses %s', (_, ours, peer, message) => {
    expect(() => pairedRatios(ours, peer, 'lower')).toThrow(message);
  });
});
