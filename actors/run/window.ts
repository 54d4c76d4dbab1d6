/** How many chains of nodes one thread holds at once: few of those that compute for long, thousands of those that take no time. */

/** A thread is given about so much work ahead, in ms: enough that it never waits for more, and little that another could have begun by now. */
const AHEAD_MS = 2;

const SMALLEST = 2;
const FIRST = 4;
const LARGEST = 4096;

/** Weight of the newest report in the average. */
const NEWEST = 0.3;

export interface Window {
  readonly size: number;
  /** Busy time of the thread for each node, in ms; `undefined` before the first has ended. */
  readonly cost: number | undefined;
}

export const FIRST_WINDOW: Window = { size: FIRST, cost: undefined };

/**
 * Takes a report in. The window doubles at most: the first nodes may be quick, and those behind them slow.
 * @param ended nodes that ended since the last report
 * @param busy for how long the thread was busy meanwhile, in ms; waiting does not count
 */
export function adapted({ size, cost }: Window, ended: number, busy: number): Window {
  if (ended === 0) return { size, cost };
  const newest = busy / ended;
  const average = cost === undefined ? newest : cost + NEWEST * (newest - cost);
  const wanted = average > 0 ? Math.ceil(AHEAD_MS / average) : LARGEST;
  return { size: Math.min(2 * size, Math.max(SMALLEST, Math.min(LARGEST, wanted))), cost: average };
}
