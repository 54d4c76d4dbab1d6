/** What is known of a row beyond its two rates, and the sentence that tells it. */
import { formatNumber, formatQuantity } from '../../harness/quantity.js';
import { median } from '../../harness/statistics.js';

export interface Facts {
  /** Of our first steps. */
  losses: readonly number[];
  /** Largest difference to the peer's, relative; absent where there is no peer. */
  agreement?: number;
  /** Share of each round that was spent outside `session.run`. */
  readonly outside: number[];
  /** Steps a second, round by round. */
  readonly rates: number[];
  readonly peerRates: number[];
  /** Bytes. */
  peak?: number;
  peerPeak?: number;
}

export function noFacts(): Facts {
  return { losses: [], outside: [], rates: [], peerRates: [] };
}

/** Times of a step, peaks of the two processes, what we spend outside ONNX Runtime, how well the losses agree. */
export function noteOf(facts: Facts): string {
  const both = (what: string, ours: string, peer: string | undefined) =>
    `${what} ${ours}${peer === undefined ? '' : ` (the peer ${peer})`}`;
  const step = (rates: readonly number[]) =>
    rates.length > 0 ? formatQuantity(1 / median(rates), 'seconds') : undefined;
  const bytes = (value: number | undefined) => (value === undefined ? undefined : formatQuantity(value, 'bytes'));
  return [
    both('a step takes', step(facts.rates) ?? 'an unknown time', step(facts.peerRates)),
    both('peak memory of the process', bytes(facts.peak) ?? 'unknown', bytes(facts.peerPeak)),
    `outside session.run ${formatNumber(100 * median(facts.outside))} %`,
    ...(facts.agreement === undefined
      ? []
      : [`losses of the first steps agree to ${facts.agreement.toExponential(1)}`]),
  ].join('; ');
}
