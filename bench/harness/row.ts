/** From the figures of the rounds to a row of the result. */
import { VOID_SPREAD } from './defaults.js';
import { type Better, median, medianInterval, pairedRatios, relativeSpread } from './statistics.js';
import type { Floor, RowDescription } from './suite.js';

/** A row of the result file. Figures are in `unit`. */
export interface Row {
  readonly name: string;
  readonly about: string;
  readonly unit: string;
  readonly better: Better;
  /** Our median over the rounds. */
  readonly value: number;
  /** The lowest and the highest round of ours. */
  readonly low: number;
  readonly high: number;
  /** Rounds that counted. */
  readonly rounds: number;
  /** (p90 - p10) / median of our rounds; `null` for figures that vary about a median of 0. */
  readonly spread: number | null;
  readonly threads?: number;
  /** Name of the peer, with its version where it tells one. */
  readonly peer?: string;
  /** The peer's median, and its spread. */
  readonly peerValue?: number;
  readonly peerSpread?: number;
  /** Median of the ratios, round by round: above 1 means that we are better, whatever the unit. */
  readonly ratio?: number;
  /** Interval of that median, and the probability that it covers the true one. */
  readonly ratioLow?: number;
  readonly ratioHigh?: number;
  readonly ratioCoverage?: number;
  readonly floor?: Floor;
  /** Whether the floor is met. `null`: cannot be told (absent peer, void row), which does not meet it. */
  readonly ok?: boolean | null;
  /** Why there is no peer. */
  readonly absent?: string;
  /** The peer was too unsteady for a comparison. */
  readonly void?: true;
  /** Too few rounds: not to be quoted. */
  readonly quick?: true;
  readonly note?: string;
  /** Every figure, in the order of the rounds, for whoever wants another statistic. */
  readonly samples: { readonly ours: readonly number[]; readonly peer?: readonly number[] };
}

/** What the rounds gave for the peer: its figures, or why it has none. */
export type PeerOutcome =
  | { readonly name: string; readonly figures: readonly number[] }
  | { readonly name: string; readonly absent: string };

export interface Measurement {
  readonly ours: readonly number[];
  readonly peer?: PeerOutcome;
  readonly quick?: boolean;
  readonly note?: string;
}

/** Sums up a measured row. @throws RangeError if there is no figure, or if a ratio would need a figure of 0 */
export function summariseRow(plan: RowDescription, { ours, peer, quick, note }: Measurement): Row {
  const value = median(ours);
  const spread = relativeSpread(ours);
  const comparison = peer && compare(plan.better, ours, peer);
  return {
    name: plan.name,
    about: plan.about,
    unit: plan.unit,
    better: plan.better,
    value,
    low: Math.min(...ours),
    high: Math.max(...ours),
    rounds: ours.length,
    // JSON has no Infinity.
    spread: Number.isFinite(spread) ? spread : null,
    ...(plan.threads !== undefined && { threads: plan.threads }),
    ...comparison,
    ...verdict(plan, value, comparison),
    ...(quick && { quick: true as const }),
    ...(note && { note }),
    samples: { ours, ...(peer && 'figures' in peer && { peer: peer.figures }) },
  };
}

type Comparison = Pick<
  Row,
  'peer' | 'peerValue' | 'peerSpread' | 'ratio' | 'ratioLow' | 'ratioHigh' | 'ratioCoverage' | 'absent' | 'void'
>;

function compare(better: Better, ours: readonly number[], peer: PeerOutcome): Comparison {
  if ('absent' in peer) return { peer: peer.name, absent: peer.absent };
  const ratios = pairedRatios(ours, peer.figures, better);
  const interval = medianInterval(ratios);
  const peerSpread = relativeSpread(peer.figures);
  return {
    peer: peer.name,
    peerValue: median(peer.figures),
    peerSpread,
    ratio: median(ratios),
    ratioLow: interval.low,
    ratioHigh: interval.high,
    ratioCoverage: interval.coverage,
    ...(peerSpread > VOID_SPREAD && { void: true as const }),
  };
}

function verdict(plan: RowDescription, value: number, comparison: Comparison | undefined): Pick<Row, 'floor' | 'ok'> {
  const { floor } = plan;
  const given = floor && { floor };
  if (comparison?.absent !== undefined || comparison?.void) return { ...given, ok: null };
  if (!floor) return {};
  if ('value' in floor) return { ...given, ok: plan.better === 'lower' ? value <= floor.value : value >= floor.value };
  if (comparison?.ratio === undefined) {
    throw new RangeError(
      `row ${plan.name}: a floor for the ratio needs a peer; name one, or give a floor for the value`,
    );
  }
  return { ...given, ok: comparison.ratio >= floor.ratio };
}
