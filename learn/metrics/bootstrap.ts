/** Confidence intervals by resampling patients. */
import { random, STREAMS } from '../random.js';

/**
 * All figures of one resample at once: `weights[row]` says how often the row is in it. A figure that cannot be computed
 * is null; the whole result is null when the resample is degenerate (one class only).
 */
export type Statistic<Name extends string> = (weights: Int32Array) => Readonly<Record<Name, number | null>> | null;

/** How often is resampled, from which seed, and how wide the intervals are. */
export interface BootstrapOptions {
  /** Number of resamples, 1000 when left out; 0 gives no intervals. */
  readonly resamples?: number;
  /** Whole number in [0, 2^53). */
  readonly seed: number;
  /** Share of resamples inside the interval, 0.95 when left out. */
  readonly level?: number;
}

/** The bounds of one figure. */
export interface Interval {
  /** Null when fewer than half of the resamples gave a value: an interval over the rest would mislead. */
  readonly low: number | null;
  readonly high: number | null;
  /** Number of resamples that gave a value. */
  readonly used: number;
}

/** An interval for each figure, and what they rest on. */
export interface BootstrapResult<Name extends string> {
  readonly intervals: Readonly<Record<Name, Interval>>;
  readonly resamples: number;
  /** Number of degenerate resamples. */
  readonly leftOut: number;
  readonly level: number;
}

/** Linear interpolation between order statistics (Hyndman and Fan 1996, type 7). `sorted` is ascending and not empty. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (position - below);
}

function interval(values: readonly number[], resamples: number, level: number): Interval {
  const used = values.length;
  if (used === 0 || used * 2 < resamples) return { low: null, high: null, used };
  const sorted = Float64Array.from(values).sort();
  return { low: quantile(sorted, (1 - level) / 2), high: quantile(sorted, (1 + level) / 2), used };
}

/**
 * Percentile bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, section 13.3). Draws units with
 * replacement, as many as there are, and takes every row of a drawn unit: rows of one patient are not independent.
 * Resample k depends on the seed and on k only.
 * @param units whose row it is, a number a row; rows with equal numbers are drawn together. [N]
 * @throws RangeError for a number of resamples or a level that makes no sense
 */
export function bootstrap<Name extends string>(
  statistic: Statistic<Name>,
  units: ArrayLike<number>,
  { resamples = 1000, seed, level = 0.95 }: BootstrapOptions,
): BootstrapResult<Name> {
  if (!Number.isInteger(resamples) || resamples < 0)
    throw new RangeError(`resamples is a whole number from 0, not ${resamples}`);
  if (!(level > 0 && level < 1)) throw new RangeError(`a confidence level lies between 0 and 1, not at ${level}`);
  const numbers = new Map<number, number>();
  const unitOf = Int32Array.from(units, (unit) => {
    if (!numbers.has(unit)) numbers.set(unit, numbers.size);
    return numbers.get(unit)!;
  });
  const unitCount = numbers.size;
  const drawn = new Int32Array(unitCount);
  const weights = new Int32Array(unitOf.length);
  const values = new Map<string, number[]>();
  let leftOut = 0;
  for (let resample = 0; resample < resamples; resample++) {
    const draws = random(seed, STREAMS.bootstrap, resample);
    drawn.fill(0);
    for (let draw = 0; draw < unitCount; draw++) drawn[draws.below(unitCount)]! += 1;
    for (let row = 0; row < weights.length; row++) weights[row] = drawn[unitOf[row]!]!;
    const figures = statistic(weights);
    if (!figures) {
      leftOut += 1;
      continue;
    }
    for (const name in figures) {
      const value: number | null = figures[name];
      const known = values.get(name) ?? [];
      if (value !== null) known.push(value);
      values.set(name, known);
    }
  }
  const names = [...values.keys()] as Name[];
  const intervals = Object.fromEntries(names.map((name) => [name, interval(values.get(name)!, resamples, level)]));
  return { intervals: intervals as Record<Name, Interval>, resamples, leftOut, level };
}
