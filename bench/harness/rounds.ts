/** Measures in rounds: every contestant once a round, the order turned round every time, so that a drift hits all alike. */
import type { Clock } from './clock.js';
import { ROUND_DEADLINE } from './defaults.js';
import type { Contestant, Figures, Round } from './suite.js';

/** A contestant with the name by which errors speak of it. */
export interface Runner<Result extends number | Figures = number> {
  readonly name: string;
  readonly contestant: Contestant<Result>;
}

export interface RoundSettings {
  readonly rounds: number;
  readonly warmUps: number;
  /** Limit for one measurement, in ms. */
  readonly deadline?: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Runs A B, B A, A B, ... and gives the figures of each runner, in the order of the rounds.
 * @throws Error naming the runner and the round when a measurement fails, gives no proper figure, misses its deadline or is interrupted
 */
export async function measureRounds<Result extends number | Figures>(
  runners: readonly Runner<Result>[],
  settings: RoundSettings,
): Promise<Result[][]> {
  const figures = new Map(runners.map((runner) => [runner, [] as Result[]]));
  for (let index = 0 - settings.warmUps; index < settings.rounds; index++) {
    const order = index % 2 === 0 ? runners : [...runners].reverse();
    for (const runner of order) {
      const figure = await measureOnce(runner, index, settings);
      if (index >= 0) figures.get(runner)!.push(figure);
    }
  }
  return runners.map((runner) => figures.get(runner)!);
}

async function measureOnce<Result extends number | Figures>(
  runner: Runner<Result>,
  index: number,
  settings: RoundSettings,
): Promise<Result> {
  const { deadline = ROUND_DEADLINE, clock, signal } = settings;
  const place = `${runner.name}, ${index < 0 ? 'warm-up' : `round ${index}`}`;
  if (signal.aborted) throw new Error(`${place}: interrupted before it began`);
  const ending = new AbortController();
  let result: Result;
  try {
    result = await new Promise<Result>((resolve, reject) => {
      const stop = (reason: string): void => {
        const error = new Error(reason);
        reject(error);
        ending.abort(error);
      };
      const interrupted = (): void => stop('interrupted');
      const cancel = clock.after(deadline, () => stop(`no figure within ${deadline} ms`));
      signal.addEventListener('abort', interrupted, { once: true });
      const round: Round = { index, signal: ending.signal };
      Promise.resolve()
        .then(() => runner.contestant.measure(round))
        .finally(() => {
          cancel();
          signal.removeEventListener('abort', interrupted);
        })
        .then(resolve, reject);
    });
  } catch (error) {
    throw new Error(`${place}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  for (const [row, figure] of typeof result === 'number' ? [['', result] as const] : Object.entries(result)) {
    if (Number.isFinite(figure) && figure >= 0) continue;
    const of = row === '' ? '' : ` (${row})`;
    throw new Error(`${place}: a figure${of} is a finite number of at least 0, not ${figure}`);
  }
  return result;
}
