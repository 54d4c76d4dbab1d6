/** What a suite is: plain data and functions that measure. The harness runs it; a suite never prints, never averages. */
import type { Clock } from './clock.js';
import type { Better } from './statistics.js';

export interface Round {
  /** 0, 1, 2, ... for the rounds that count; negative for a warm-up, whose figure is thrown away. */
  readonly index: number;
  /** Aborted when the round misses its deadline or the user interrupts. */
  readonly signal: AbortSignal;
}

/** One side of a comparison, set up and ready. */
export interface Contestant {
  /** Does the work once and gives the figure, in the row's unit: finite and not negative, above 0 where there is a peer. */
  measure(round: Round): number | Promise<number>;
  /** Puts everything away. Called once, whatever happened before. */
  close?(): void | Promise<void>;
  /** Version of the software that is measured. */
  readonly version?: string;
  /** A sentence for the result, asked for after the last round. */
  note?(): string;
}

/** A peer that is not there: the reason, and how to get it. */
export interface Absent {
  readonly absent: string;
}

export interface Peer {
  readonly name: string;
  open(): Contestant | Absent | Promise<Contestant | Absent>;
}

/** What a row must reach: a ratio over its peer, or a figure of its own (a ceiling where lower is better). */
export type Floor = { readonly ratio: number } | { readonly value: number };

export interface RowPlan {
  /** Snake case, unique in the suite: readers of the result file find the row by it. */
  readonly name: string;
  /** One sentence: what is measured, from where to where. */
  readonly about: string;
  /** `seconds` and `bytes` are printed with a fitting prefix; any other unit as it is. */
  readonly unit: string;
  readonly better: Better;
  open(): Contestant | Promise<Contestant>;
  readonly peer?: Peer;
  readonly floor?: Floor;
  /** Threads that both sides may use. */
  readonly threads?: number;
  /** A count that cannot vary (bytes on disk): measured once, without warm-up. */
  readonly exact?: boolean;
  /** Limit for one measurement, in ms; two minutes unless given. */
  readonly deadline?: number;
}

export interface Suite {
  readonly name: string;
  readonly rows: readonly RowPlan[];
}

/** What a suite's rows may use of their surroundings. */
export interface SuiteContext {
  /** Absolute path of the project's folder. */
  readonly root: string;
  readonly clock: Clock;
}
