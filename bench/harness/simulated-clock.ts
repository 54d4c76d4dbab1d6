/** A clock for tests: it stands still until it is told to advance. */
import type { Clock } from './clock.js';

export interface SimulatedClock extends Clock {
  /** Moves time forward by `milliseconds` and calls what falls due, in the order of the due times. */
  advance(milliseconds: number): void;
  /** How many actions still wait: 0 after work that cleans up behind itself. */
  waiting(): number;
}

export function simulatedClock(start = 0): SimulatedClock {
  let time = start;
  const pending = new Set<{ readonly due: number; readonly action: () => void }>();
  const next = (until: number) =>
    [...pending].filter((entry) => entry.due <= until).sort((one, other) => one.due - other.due)[0];
  return {
    now: () => time,
    after(delay, action) {
      const entry = { due: time + delay, action };
      pending.add(entry);
      return () => pending.delete(entry);
    },
    advance(milliseconds) {
      const end = time + milliseconds;
      for (let entry = next(end); entry; entry = next(end)) {
        pending.delete(entry);
        time = entry.due;
        entry.action();
      }
      time = end;
    },
    waiting: () => pending.size,
  };
}
