import { describe, expect, it } from 'vitest';
import { secondsOf, systemClock } from './clock.js';
import { simulatedClock } from './simulated-clock.js';

describe('secondsOf', () => {
  it('gives the time between the start and the end of awaited work, in seconds', async () => {
    const clock = simulatedClock(5000);
    const seconds = await secondsOf(clock, async () => {
      await Promise.resolve();
      clock.advance(250);
    });
    expect(seconds).toBe(0.25);
  });
});

describe('simulatedClock', () => {
  it('calls actions in the order of their due times, each at its own time', () => {
    const clock = simulatedClock();
    const seen: string[] = [];
    clock.after(20, () => seen.push(`late ${clock.now()}`));
    clock.after(10, () => {
      seen.push(`early ${clock.now()}`);
      clock.after(5, () => seen.push(`nested ${clock.now()}`));
    });
    clock.advance(100);
    expect(seen).toEqual(['early 10', 'nested 15', 'late 20']);
    expect(clock.now()).toBe(100);
  });

  it('does not call a cancelled action', () => {
    const clock = simulatedClock();
    const cancel = clock.after(10, () => expect.unreachable());
    cancel();
    clock.advance(100);
    expect(clock.waiting()).toBe(0);
  });
});

describe('systemClock', () => {
  it('calls an action no earlier than its delay', async () => {
    const begin = systemClock.now();
    await new Promise<void>((resolve) => systemClock.after(2, resolve));
    expect(systemClock.now() - begin).toBeGreaterThanOrEqual(1);
  });
});
