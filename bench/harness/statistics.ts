/**
 * The statistics of a benchmark row. Run times have long right tails and no known distribution, so everything here rests
 * on ranks (Hoefler, Belli: "Scientific Benchmarking of Parallel Computing Systems", SC 2015, section 3.1.3).
 */

function sorted(values: readonly number[]): number[] {
  if (values.length === 0) throw new RangeError('statistics of no values: at least one measurement is needed');
  const wrong = values.find((value) => !Number.isFinite(value));
  if (wrong !== undefined) throw new RangeError(`statistics need finite numbers, not ${wrong}`);
  return [...values].sort((one, other) => one - other);
}

/**
 * Quantile by linear interpolation between order statistics: type 7 of Hyndman, Fan, "Sample quantiles in statistical
 * packages", The American Statistician 50 (1996), the default of R and NumPy.
 * @param share 0..1
 */
export function quantile(values: readonly number[], share: number): number {
  if (!(share >= 0 && share <= 1)) throw new RangeError(`a quantile's share is between 0 and 1, not ${share}`);
  const ordered = sorted(values);
  const position = (ordered.length - 1) * share;
  const below = Math.floor(position);
  const low = ordered[below]!;
  const high = ordered[Math.min(below + 1, ordered.length - 1)]!;
  // Not low + part * (high - low): the difference of two huge numbers would overflow.
  const part = position - below;
  return low === high ? low : low * (1 - part) + high * part;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/**
 * How far the middle 80 % of the rounds reach, relative to their median: (p90 - p10) / median.
 *
 * Why not the inter-quartile range: it is blind to a quarter of the rounds at each end, so a competitor that runs 20 %
 * of its rounds in a slow mode (a throttled core, a garbage collection) would look perfectly steady. Why not the full
 * range: one disturbed round in fifteen must not void a row whose median it cannot move.
 * @returns 0 for figures that are all alike, even all 0; `Infinity` for figures that vary about a median of 0
 */
export function relativeSpread(values: readonly number[]): number {
  const range = quantile(values, 0.9) - quantile(values, 0.1);
  return range === 0 ? 0 : range / Math.abs(median(values));
}

export interface MedianInterval {
  readonly low: number;
  readonly high: number;
  /** The probability that the interval covers the true median; below the wish when there are too few values for it. */
  readonly coverage: number;
}

/**
 * Interval for the median of whatever distribution the values come from, between two of the values themselves: the k-th
 * smallest and the k-th largest. Whether a draw falls below the true median is a fair coin, so the interval misses it
 * exactly when fewer than k of n coins show one side: coverage = 1 - 2 P(Binomial(n, 1/2) <= k - 1) (David, Nagaraja:
 * "Order Statistics", 3rd edition, section 7.1). k is the largest one that keeps the wished coverage: no resampling, no
 * random numbers, no normal approximation. For 15 rounds and 95 %: the 4th smallest and the 4th largest, coverage 96.5 %.
 * Fewer than 6 values cannot give 95 %: the result is then the full range, and `coverage` says what it is worth.
 */
export function medianInterval(values: readonly number[], confidence = 0.95): MedianInterval {
  if (!(confidence > 0 && confidence < 1)) throw new RangeError(`a confidence is between 0 and 1, not ${confidence}`);
  const ordered = sorted(values);
  const count = ordered.length;
  let rank = 1;
  let coverage = 1 - 2 * lowerTail(count, 0);
  while (rank < Math.ceil(count / 2)) {
    const narrower = 1 - 2 * lowerTail(count, rank);
    if (narrower < confidence) break;
    coverage = narrower;
    rank += 1;
  }
  return { low: ordered[rank - 1]!, high: ordered[count - rank]!, coverage: Math.max(0, coverage) };
}

/** P(Binomial(count, 1/2) <= most). In logarithms: 2^-count underflows from 1,075 on. */
function lowerTail(count: number, most: number): number {
  let logarithm = -count * Math.LN2;
  let sum = 0;
  for (let successes = 0; successes <= most; successes++) {
    sum += Math.exp(logarithm);
    logarithm += Math.log((count - successes) / (successes + 1));
  }
  return sum;
}

/** Whether a smaller figure (a time, a size) or a larger one (a rate) is the better. */
export type Better = 'lower' | 'higher';

/**
 * How many times better we were, round by round: above 1 means that we are better, whatever the unit. Pairing the two
 * measurements of one round takes out whatever slowed both (another process, heat).
 */
export function pairedRatios(ours: readonly number[], peer: readonly number[], better: Better): number[] {
  if (ours.length !== peer.length) {
    throw new RangeError(`paired ratios need as many rounds of ours (${ours.length}) as of the peer (${peer.length})`);
  }
  return ours.map((value, round) => {
    const other = peer[round]!;
    if (!(value > 0) || !(other > 0)) {
      throw new RangeError(
        `round ${round}: a ratio needs two figures above 0, not ${value} (ours) and ${other} (the peer)`,
      );
    }
    return better === 'lower' ? other / value : value / other;
  });
}
