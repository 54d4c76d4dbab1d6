/** Runs the parts of a suite one after another. One that fails does not take the others with it. */
import type { Clock } from './clock.js';
import { FULL_ROUNDS, QUICK_ROUNDS, WARM_UPS } from './defaults.js';
import { measureRounds } from './rounds.js';
import { type PeerOutcome, type Row, summariseRow } from './row.js';
import {
  type Contestant,
  describedRows,
  type Experiment,
  type Figures,
  type RowDescription,
  type RowPlan,
  type Suite,
} from './suite.js';

export interface RowFailure {
  readonly name: string;
  readonly error: string;
}

/** A row that this machine cannot measure. */
export interface RowAbsence {
  readonly name: string;
  readonly absent: string;
}

export interface SuiteOutcome {
  readonly rows: readonly Row[];
  readonly absences: readonly RowAbsence[];
  readonly failures: readonly RowFailure[];
}

export interface SuiteSettings {
  readonly clock: Clock;
  /** Ends the run: the row in progress fails, the later ones are not begun. */
  readonly signal: AbortSignal;
  readonly quick?: boolean;
  /** Told before each row. */
  readonly onRow?: (row: RowDescription) => void;
}

export async function runSuite(suite: Suite, settings: SuiteSettings): Promise<SuiteOutcome> {
  const rows: Row[] = [];
  const absences: RowAbsence[] = [];
  const failures: RowFailure[] = [];
  const names = new Set<string>();
  for (const plan of suite.rows) {
    const described = describedRows(plan);
    try {
      if (settings.signal.aborted) throw new Error('interrupted before it began');
      for (const { name } of described) {
        if (names.has(name)) throw new Error('the name is used twice in this suite: give each row its own');
        names.add(name);
      }
      for (const row of described) settings.onRow?.(row);
      const lacking = await plan.lacking?.();
      if (lacking) absences.push(...described.map(({ name }) => ({ name, ...lacking })));
      else rows.push(...(await runPlan(plan, described, settings)));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      failures.push(...described.map(({ name }) => ({ name, error: reason })));
    }
  }
  return { rows: [...rows, ...(suite.summarise?.(rows) ?? [])], absences, failures };
}

type AnyContestant = Contestant<number | Figures>;

async function runPlan(
  plan: RowPlan | Experiment,
  described: readonly RowDescription[],
  settings: SuiteSettings,
): Promise<Row[]> {
  const opened: AnyContestant[] = [];
  let rows: Row[];
  try {
    const ours = await plan.open();
    opened.push(ours);
    const peer = await plan.peer?.open();
    if (peer && !('absent' in peer)) opened.push(peer);
    const [oursFigures, peerFigures] = await measureRounds(
      opened.map((contestant, side) => ({ name: side === 0 ? 'ours' : plan.peer!.name, contestant })),
      {
        rounds: plan.exact ? 1 : settings.quick ? QUICK_ROUNDS : FULL_ROUNDS,
        warmUps: plan.exact ? 0 : WARM_UPS,
        ...(plan.deadline !== undefined && { deadline: plan.deadline }),
        clock: settings.clock,
        signal: settings.signal,
      },
    );
    rows = described.map((row) => {
      const outcome = peer && peerOutcome(plan.peer!.name, peer, peerFigures && figuresOf(row, peerFigures));
      const note = ours.note?.(row.name);
      return summariseRow(row, {
        ours: figuresOf(row, oursFigures!),
        ...(outcome && { peer: outcome }),
        ...(settings.quick && { quick: true }),
        ...(note && { note }),
      });
    });
  } catch (error) {
    await closeAll(opened).catch((closing: Error) => {
      // What went wrong first is what the reader must see.
      throw new Error(`${error instanceof Error ? error.message : error}; and then ${closing.message}`, {
        cause: error,
      });
    });
    throw error;
  }
  await closeAll(opened);
  return rows;
}

/** One row's share of what every round gave. */
function figuresOf({ name }: RowDescription, results: readonly (number | Figures)[]): number[] {
  return results.map((result, round) => {
    const figure = typeof result === 'number' ? result : result[name];
    if (figure === undefined) throw new Error(`round ${round} of the experiment gave no figure for ${name}`);
    return figure;
  });
}

function peerOutcome(
  name: string,
  peer: AnyContestant | { readonly absent: string },
  figures: readonly number[] | undefined,
): PeerOutcome {
  if ('absent' in peer) return { name, absent: peer.absent };
  return { name: peer.version === undefined ? name : `${name} ${peer.version}`, figures: figures! };
}

/** Closes all of them, the last opened first, even when one refuses: what stays open would disturb the rows to come. */
async function closeAll(opened: readonly AnyContestant[]): Promise<void> {
  const errors: unknown[] = [];
  for (const contestant of [...opened].reverse()) {
    try {
      await contestant.close?.();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) {
    const reasons = errors.map((error) => (error instanceof Error ? error.message : String(error)));
    throw new AggregateError(errors, `putting it away failed: ${reasons.join('; ')}`);
  }
}
