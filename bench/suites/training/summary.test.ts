import { describe, expect, it } from 'vitest';
import { summariseRow } from '../../harness/row.js';
import { noFacts } from './facts.js';
import { geometricMean, meanRows, outsideRow } from './summary.js';

const PLANNED = { 1: ['a_1', 'b_1'], 2: ['a_2', 'b_2'] };

function row(name: string, ours: number, peer: number, spread = 0) {
  const rounds = Array.from({ length: 15 }, (_, round) => (round % 2 === 0 ? 1 : 1 + spread));
  return summariseRow(
    { name, about: name, unit: 'steps/s', better: 'higher', floor: { ratio: 0.4 } },
    {
      ours: rounds.map((factor) => ours * factor),
      peer: { name: 'torch', figures: rounds.map((factor) => peer * factor) },
    },
  );
}

const absent = summariseRow(
  { name: 'b_1', about: '', unit: 'steps/s', better: 'higher' },
  { ours: [1], peer: { name: 'torch', absent: 'not installed' } },
);

describe('the mean of ratios', () => {
  it('is 1 for twice as fast and half as fast', () => {
    expect(geometricMean([2, 0.5])).toBeCloseTo(1, 12);
  });

  it('is a row for each number of threads, with its floor', () => {
    const [one, two] = meanRows(PLANNED, [
      row('a_1', 8, 10),
      row('b_1', 9, 10),
      row('a_2', 5, 10),
      row('b_2', 5, 10),
    ]) as [ReturnType<typeof row>, ReturnType<typeof row>];
    expect(one).toMatchObject({ name: 'mean_1', floor: { value: 0.8 }, ok: true, threads: 1, rounds: 2 });
    expect(one.value).toBeCloseTo(Math.sqrt(0.72), 12);
    expect(one.note).toContain('goal 1: not reached');
    expect(two).toMatchObject({ name: 'mean_2', floor: { value: 0.6 }, ok: false });
  });

  it.each([
    ['failed', []],
    ['is absent', [absent]],
    ['is void', [row('b_1', 9, 10, 0.5)]],
  ])('meets no floor when a row %s, and says which one', (_, other) => {
    const [one] = meanRows(PLANNED, [row('a_1', 20, 10), ...other]);
    expect(one).toMatchObject({ value: 2, ok: null });
    expect(one!.note).toContain('without b_1');
  });

  it('is no row when nothing was compared', () => {
    expect(meanRows(PLANNED, [absent])).toEqual([]);
  });
});

describe('the time outside ONNX Runtime', () => {
  const shares = (a: number, b: number) =>
    new Map([
      ['a_1', { ...noFacts(), outside: [a, a, 1] }],
      ['b_1', { ...noFacts(), outside: [b] }],
      ['c_1', noFacts()],
    ]);
  const measured = [row('a_1', 1, 1), row('b_1', 1, 1), row('c_1', 1, 1)];

  it.each([
    [0.01, 0.04, true],
    [0.01, 0.06, false],
  ])('is the largest of the rows, each by its median', (a, b, ok) => {
    const [largest] = outsideRow(shares(a, b), measured);
    expect(largest).toMatchObject({ value: 100 * b, unit: '%', ok, note: 'in b_1', rounds: 2 });
  });

  it('is no row when nothing was measured', () => {
    expect(outsideRow(shares(0, 0), [])).toEqual([]);
  });
});
