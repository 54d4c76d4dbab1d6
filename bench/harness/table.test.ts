import { describe, expect, it } from 'vitest';
import { type Measurement, summariseRow } from './row.js';
import type { RowPlan } from './suite.js';
import { formatTable } from './table.js';

function row(name: string, measurement: Measurement, changes: Partial<RowPlan> = {}) {
  const open = () => ({ measure: () => 1 });
  return summariseRow({ name, about: name, unit: 'seconds', better: 'lower', open, ...changes }, measurement);
}
const ours = Array(15).fill(0.002) as number[];
const peer = { name: 'torch 2.5', figures: Array(15).fill(0.005) as number[] };
const wild = { name: 'wild', figures: Array.from({ length: 15 }, (_, round) => (round % 2 === 0 ? 2 : 1)) };
const lineOf = (table: string, name: string) => table.split('\n').find((line) => line.startsWith(`${name} `));

describe('formatTable', () => {
  const table = formatTable([
    row('met', { ours, peer }, { floor: { ratio: 2 }, threads: 2 }),
    row('missed', { ours, peer }, { floor: { ratio: 3 } }),
    row('ceiling', { ours }, { floor: { value: 0.01 } }),
    row('absent', { ours, peer: { name: 'ray', absent: 'run the installer' } }, { floor: { ratio: 1 } }),
    row('unsteady', { ours, peer: wild }, { floor: { ratio: 1 } }),
    row('quick', { ours: [1, 2, 3], quick: true, note: 'three rounds' }),
  ]);

  it.each([
    ['met', /2 ms +2 ms \.\. 2 ms .* torch 2\.5 .*5 ms .*2\.50 \[2\.50, 2\.50\] .*ratio >= 2 .*ok$/],
    ['missed', /ratio >= 3 .*MISSED$/],
    ['ceiling', /<= 10 ms .*ok$/],
    ['absent', /ray .*absent$/],
    ['unsteady', /void: the peer spreads .* %$/],
    ['quick', /2 s .*1 s \.\. 3 s .*quick, not quotable$/],
  ])('prints what is known of the row %s', (name, expected) => {
    expect(lineOf(table, name)).toMatch(expected);
  });

  it('puts reasons and notes below the table', () => {
    expect(table).toContain('\nabsent: ray is absent: run the installer\nquick: three rounds');
  });

  it('lets every column begin at the same place in every line', () => {
    const lines = table.split('\n').slice(0, 8);
    const place = lines[0]!.indexOf('rounds');
    for (const line of lines.slice(2)) expect(line.slice(place - 2, place + 1)).toMatch(/^ {2}\d$/);
  });

  it('leaves out the columns that no row fills', () => {
    const plain = formatTable([row('only', { ours })]);
    expect(plain.split('\n')[0]).toMatch(/^row +median +low \.\. high +rounds$/);
  });

  it('says so when nothing was measured', () => {
    expect(formatTable([])).toBe('no row was measured');
  });
});
