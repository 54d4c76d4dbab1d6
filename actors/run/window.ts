/** How many chains of nodes one thread holds at once: few of those that compute for long, thousands of those that take no time. */

/** A thread is given about so much work ahead, in ms: enough that it never waits for more, and little that another could have begun by now. */
const AHEAD_MS = 2;

const SMALLEST = 2;
const FIRST = 4;
const LARGEST = 4096;

/** What is left of what was seen, from report to report. */
const REMEMBERED = 0.5;

export interface Window {
  readonly size: number;
  /** Busy time of the thread, in ms, and the nodes that ended in it; the further back, the less they count. */
  readonly busy: number;
  readonly ended: number;
}

export const FIRST_WINDOW: Window = { size: FIRST, busy: 0, ended: 0 };

/**
 * Takes a report in. The window doubles at most: the first nodes may be quick, and those behind them slow. A report weighs as much as it has
 * nodes: one that took long over a few, because the thread was loading something, says little beside one of thousands.
 * @param ended nodes that ended since the last report
 * @param busy for how long the thread was busy meanwhile, in ms; waiting does not count
 */
export function adapted(window: Window, ended: number, busy: number): Window {
  if (ended === 0) return window;
  const seen = { busy: REMEMBERED * window.busy + busy, ended: REMEMBERED * window.ended + ended };
  const wanted = Math.ceil((AHEAD_MS * seen.ended) / Math.max(seen.busy, Number.EPSILON));
  return { size: Math.min(2 * window.size, Math.max(SMALLEST, Math.min(LARGEST, wanted))), ...seen };
}
