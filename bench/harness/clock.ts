/** Time, handed in: a test replaces it by a simulated clock and waits for nothing. */
import { performance } from 'node:perf_hooks';

export interface Clock {
  /** Milliseconds since a fixed moment; never goes back. */
  now(): number;
  /** Calls `action` once, `delay` ms from now, unless the returned function was called before. */
  after(delay: number, action: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(delay, action) {
    const timer = setTimeout(action, delay);
    return () => clearTimeout(timer);
  },
};

/** How long `work` takes, in seconds. */
export async function secondsOf(clock: Clock, work: () => unknown): Promise<number> {
  const begin = clock.now();
  await work();
  return (clock.now() - begin) / 1000;
}
