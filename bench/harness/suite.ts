/** What a suite is: plain data and functions that measure. The harness runs it; a suite never prints, never averages. */
import type { Clock } from './clock.js';
import type { Row } from './row.js';
import type { Better } from './statistics.js';

export interface Round {
  /** 0, 1, 2, ... for the rounds that count; negative for a warm-up, whose figure is thrown away. */
  readonly index: number;
  /** Aborted when the round misses its deadline or the user interrupts. */
  readonly signal: AbortSignal;
}

/** Figures of an experiment that feeds several rows, by the rows' names. */
export type Figures = Readonly<Record<string, number>>;

/** One side of a comparison, set up and ready. */
export interface Contestant<Result extends number | Figures = number> {
  /** Does the work once and gives the figure, in the row's unit: finite and not negative, above 0 where there is a peer. */
  measure(round: Round): Result | Promise<Result>;
  /** Puts everything away. Called once, whatever happened before. */
  close?(): void | Promise<void>;
  /** Version of the software that is measured. */
  readonly version?: string;
  /** A sentence for the row of that name, asked for after the last round; none where there is nothing to say. */
  note?(row: string): string | undefined;
}

/** A peer that is not there: the reason, and how to get it. */
export interface Absent {
  readonly absent: string;
}

export interface Peer<Result extends number | Figures = number> {
  readonly name: string;
  open(): Contestant<Result> | Absent | Promise<Contestant<Result> | Absent>;
}

/** What a row must reach: a ratio over its peer, or a figure of its own (a ceiling where lower is better). */
export type Floor = { readonly ratio: number } | { readonly value: number };

/** What a row says of its figure. */
export interface RowDescription {
  /** Snake case, unique in the suite: readers of the result file find the row by it. */
  readonly name: string;
  /** One sentence: what is measured, from where to where. */
  readonly about: string;
  /** `seconds` and `bytes` are printed with a fitting prefix; any other unit as it is. */
  readonly unit: string;
  readonly better: Better;
  readonly floor?: Floor;
  /** Threads that both sides may use. */
  readonly threads?: number;
}

/** How figures come about. */
export interface Procedure<Result extends number | Figures> {
  /** What this machine lacks for the measurement, asked first: its rows are then absent, and neither estimated nor failed. */
  lacking?(): Absent | undefined | Promise<Absent | undefined>;
  open(): Contestant<Result> | Promise<Contestant<Result>>;
  readonly peer?: Peer<Result>;
  /** A count that cannot vary (bytes on disk), or one long trial that is its own statistic: measured once, without warm-up. */
  readonly exact?: boolean;
  /** Limit for one measurement, in ms; two minutes unless given. */
  readonly deadline?: number;
}

/** A row with a measurement of its own. */
export interface RowPlan extends RowDescription, Procedure<number> {}

/** One measurement that feeds several rows: it is made once a round, and must give a figure for each of them. */
export interface Experiment extends Procedure<Figures> {
  readonly rows: readonly RowDescription[];
}

export interface Suite {
  readonly name: string;
  readonly rows: readonly (RowPlan | Experiment)[];
  /** Rows that are computed from the measured ones, such as a mean over them. */
  summarise?(measured: readonly Row[]): readonly Row[];
}

/** The rows that a part of a suite feeds. */
export function describedRows(plan: RowPlan | Experiment): readonly RowDescription[] {
  return 'rows' in plan ? plan.rows : [plan];
}

/** What a suite's rows may use of their surroundings. */
export interface SuiteContext {
  /** Absolute path of the project's folder. */
  readonly root: string;
  readonly clock: Clock;
  /** The user asked for less of everything. Rounds are the harness's business; this is for trials that count by themselves. */
  readonly quick: boolean;
}
