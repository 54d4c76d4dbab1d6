import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Measurement, summariseRow } from './row.js';
import type { RowPlan } from './suite.js';

function plan(changes: Partial<RowPlan> = {}): RowPlan {
  return {
    name: 'step',
    about: 'one step',
    unit: 'seconds',
    better: 'lower',
    open: () => ({ measure: () => 1 }),
    ...changes,
  };
}
const steady = Array(15).fill(2) as number[];
const twice = Array(15).fill(4) as number[];

describe('a row without a peer', () => {
  it('holds the median, the lowest and the highest round, and every figure', () => {
    const row = summariseRow(plan({ threads: 2 }), { ours: [3, 1, 2, 9, 4], note: 'how' });
    expect(row).toMatchObject({ value: 3, low: 1, high: 9, rounds: 5, threads: 2, note: 'how' });
    expect(row.samples).toEqual({ ours: [3, 1, 2, 9, 4] });
    expect(row).not.toHaveProperty('ratio');
    expect(row).not.toHaveProperty('ok');
    expect(row).not.toHaveProperty('quick');
  });

  it('tells no relative spread of a count whose median is 0', () => {
    expect(summariseRow(plan(), { ours: [0, 0, 0, 4, 4] })).toMatchObject({ value: 0, spread: null });
    expect(summariseRow(plan(), { ours: [0, 0, 0] })).toMatchObject({ value: 0, spread: 0 });
  });

  it.each([
    ['lower', 3, true],
    ['lower', 2, true],
    ['lower', 1, false],
    ['higher', 1, true],
    ['higher', 2, true],
    ['higher', 3, false],
  ] as const)('where %s is better and the floor is %d, a figure of 2 gives ok %s', (better, value, ok) => {
    expect(summariseRow(plan({ better, floor: { value } }), { ours: steady }).ok).toBe(ok);
  });

  it('refuses a floor for a ratio that does not exist', () => {
    expect(() => summariseRow(plan({ floor: { ratio: 1 } }), { ours: steady })).toThrow('step');
  });
});

describe('a row with a peer', () => {
  const against = (figures: readonly number[]): Measurement => ({ ours: steady, peer: { name: 'torch 2', figures } });

  it('holds the median of the paired ratios with its interval', () => {
    const row = summariseRow(plan(), against(twice));
    expect(row).toMatchObject({ peer: 'torch 2', peerValue: 4, ratio: 2, ratioLow: 2, ratioHigh: 2 });
    expect(row.ratioCoverage).toBeCloseTo(0.9648, 4);
    expect(row.samples.peer).toEqual(twice);
  });

  it.each([
    ['lower', 1.9, true],
    ['lower', 2.1, false],
    ['higher', 0.4, true],
    ['higher', 0.6, false],
  ] as const)('where %s is better and the floor is a ratio of %d, 2 against 4 gives ok %s', (better, ratio, ok) => {
    expect(summariseRow(plan({ better, floor: { ratio } }), against(twice)).ok).toBe(ok);
  });

  it('is void, and meets no floor, when the peer itself is not steady', () => {
    const wild = Array.from({ length: 15 }, (_, round) => (round % 2 === 0 ? 100 : 130));
    const row = summariseRow(plan({ floor: { ratio: 1 } }), against(wild));
    expect(row).toMatchObject({ void: true, ok: null, floor: { ratio: 1 } });
    expect(row.peerSpread).toBeGreaterThan(0.15);
  });

  it('says that the peer is absent, and meets no floor, not even one of the value', () => {
    for (const floor of [{ ratio: 1 }, { value: 100 }]) {
      const row = summariseRow(plan({ floor }), { ours: steady, peer: { name: 'torch', absent: 'not installed' } });
      expect(row).toMatchObject({ value: 2, peer: 'torch', absent: 'not installed', ok: null });
      expect(row).not.toHaveProperty('ratio');
    }
  });

  it('keeps the ratio within its interval, and the value within the rounds', () => {
    const figure = fc.double({ min: 1e-3, max: 1e3, noNaN: true });
    const pairs = fc.array(fc.tuple(figure, figure), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(pairs, fc.constantFrom('lower' as const, 'higher' as const), (rounds, better) => {
        const ours = rounds.map(([value]) => value);
        const figures = rounds.map(([, value]) => value);
        const row = summariseRow(plan({ better }), { ours, peer: { name: 'x', figures } });
        expect(row.ratioLow!).toBeLessThanOrEqual(row.ratio!);
        expect(row.ratioHigh!).toBeGreaterThanOrEqual(row.ratio!);
        expect(row.low).toBeLessThanOrEqual(row.value);
        expect(row.high).toBeGreaterThanOrEqual(row.value);
      }),
    );
  });
});

it('marks a row of a quick run', () => {
  expect(summariseRow(plan(), { ours: steady, quick: true }).quick).toBe(true);
});
