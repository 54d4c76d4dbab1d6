import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measureRounds, type Runner } from './rounds.js';
import { simulatedClock } from './simulated-clock.js';

const never = new AbortController().signal;

describe('measureRounds', () => {
  it('interleaves two runners and turns the order round every time', async () => {
    const seen: string[] = [];
    const runner = (name: string): Runner => ({
      name,
      contestant: { measure: ({ index }) => seen.push(`${name}${index}`) },
    });
    await measureRounds([runner('a'), runner('b')], { rounds: 3, warmUps: 1, clock: simulatedClock(), signal: never });
    expect(seen).toEqual(['b-1', 'a-1', 'a0', 'b0', 'b1', 'a1', 'a2', 'b2']);
  });

  it('gives every runner its own figures, in the order of the rounds, without the warm-ups', async () => {
    const counts = fc.record({
      runners: fc.integer({ min: 1, max: 4 }),
      rounds: fc.integer({ min: 1, max: 12 }),
      warmUps: fc.integer({ min: 0, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(counts, async ({ runners, rounds, warmUps }) => {
        const list = Array.from({ length: runners }, (_, number): Runner => {
          const measure = ({ index }: { index: number }) => (index < 0 ? 999_999 : number * 100 + index);
          return { name: `${number}`, contestant: { measure } };
        });
        const figures = await measureRounds(list, { rounds, warmUps, clock: simulatedClock(), signal: never });
        expect(figures).toEqual(
          list.map((_, number) => Array.from({ length: rounds }, (_, round) => number * 100 + round)),
        );
      }),
    );
  });

  it('stops a measurement at its deadline, tells it so, and leaves no timer behind', async () => {
    const clock = simulatedClock();
    let told: AbortSignal | undefined;
    let begin = (): void => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const hanging: Runner = {
      name: 'ours',
      contestant: {
        measure: ({ signal }) => {
          told = signal;
          begin();
          return new Promise<number>(() => {});
        },
      },
    };
    const measured = measureRounds([hanging], { rounds: 2, warmUps: 0, deadline: 1000, clock, signal: never });
    await begun;
    clock.advance(999);
    expect(told?.aborted).toBe(false);
    clock.advance(1);
    await expect(measured).rejects.toThrow('ours, round 0: no figure within 1000 ms');
    expect(told?.aborted).toBe(true);
    expect(clock.waiting()).toBe(0);
  });

  it('ends at once when the user interrupts', async () => {
    const interruption = new AbortController();
    const clock = simulatedClock();
    let calls = 0;
    const runner: Runner = {
      name: 'ours',
      contestant: {
        measure: () => {
          calls += 1;
          interruption.abort();
          return new Promise<number>(() => {});
        },
      },
    };
    const settings = { rounds: 9, warmUps: 0, clock, signal: interruption.signal };
    await expect(measureRounds([runner], settings)).rejects.toThrow('round 0: interrupted');
    await expect(measureRounds([runner], settings)).rejects.toThrow('interrupted before it began');
    expect(calls).toBe(1);
  });

  it('leaves no timer behind after rounds that went well', async () => {
    const clock = simulatedClock();
    const runner: Runner = { name: 'ours', contestant: { measure: async () => 1 } };
    await measureRounds([runner], { rounds: 3, warmUps: 1, clock, signal: never });
    expect(clock.waiting()).toBe(0);
  });

  it.each([
    ['not a number', Number.NaN],
    ['negative', -1],
    ['infinite', Number.POSITIVE_INFINITY],
  ])('refuses a figure that is %s', async (_, figure) => {
    const runner: Runner = { name: 'peer x', contestant: { measure: () => figure } };
    const measured = measureRounds([runner], { rounds: 1, warmUps: 1, clock: simulatedClock(), signal: never });
    await expect(measured).rejects.toThrow('peer x, warm-up: a figure is');
  });

  it('takes several figures from one measurement, and names the one that is none', async () => {
    const runner = (wrong: number): Runner<Record<string, number>> => ({
      name: 'ours',
      contestant: { measure: ({ index }) => ({ p50: index, p99: index === 1 ? wrong : 9 }) },
    });
    const settings = { rounds: 2, warmUps: 0, clock: simulatedClock(), signal: never };
    expect(await measureRounds([runner(7)], settings)).toEqual([
      [
        { p50: 0, p99: 9 },
        { p50: 1, p99: 7 },
      ],
    ]);
    await expect(measureRounds([runner(Number.NaN)], settings)).rejects.toThrow('round 1: a figure (p99) is');
  });

  it('names the runner and the round of a failure and keeps its cause', async () => {
    const cause = new Error('out of memory');
    const measure = ({ index }: { index: number }): number => {
      if (index === 1) throw cause;
      return 1;
    };
    const settings = { rounds: 3, warmUps: 0, clock: simulatedClock(), signal: never };
    const failure = await measureRounds([{ name: 'ours', contestant: { measure } }], settings).catch((error) => error);
    expect(failure.message).toBe('ours, round 1: out of memory');
    expect(failure.cause).toBe(cause);
  });
});
