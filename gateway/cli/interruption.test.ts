import { describe, expect, it, vi } from 'vitest';
import { Interruption } from './interruption.js';
import { manualSignals } from './testing/doubles.js';

describe('an interruption', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('by %s ends the process with %d', (signal, code) => {
    const signals = manualSignals();
    using interruption = new Interruption(signals, () => undefined);
    expect(interruption.exitCode).toBeUndefined();
    signals.send(signal);
    expect(interruption.exitCode).toBe(code);
  });

  it('asks once, tells of every further signal, and keeps the code of the first', () => {
    const signals = manualSignals();
    const onRepeat = vi.fn();
    const asked = vi.fn();
    using interruption = new Interruption(signals, onRepeat);
    interruption.whenAsked(asked);
    signals.send('SIGTERM');
    expect([asked.mock.calls.length, onRepeat.mock.calls.length]).toEqual([1, 0]);
    signals.send('SIGINT');
    signals.send('SIGINT');
    expect([asked.mock.calls.length, onRepeat.mock.calls.length]).toEqual([1, 2]);
    expect(interruption.exitCode).toBe(143);
  });

  it('calls at once who asks after the signal', () => {
    const signals = manualSignals();
    using interruption = new Interruption(signals, () => undefined);
    signals.send('SIGINT');
    const asked = vi.fn();
    interruption.whenAsked(asked);
    expect(asked).toHaveBeenCalledOnce();
  });

  it('gives the signals back when it is over', () => {
    const signals = manualSignals();
    {
      using _ = new Interruption(signals, () => undefined);
      expect(signals.listeners).toBe(1);
    }
    expect(signals.listeners).toBe(0);
  });
});
