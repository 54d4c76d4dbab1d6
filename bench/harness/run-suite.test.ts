import { describe, expect, it } from 'vitest';
import type { Row } from './row.js';
import { runSuite, type SuiteSettings } from './run-suite.js';
import { simulatedClock } from './simulated-clock.js';
import type { Contestant, Experiment, Figures, RowPlan } from './suite.js';

function row(name: string, changes: Partial<RowPlan> = {}): RowPlan {
  const open = (): Contestant => ({ measure: () => 2 });
  return { name, about: name, unit: 'seconds', better: 'lower', open, ...changes };
}
function experiment(names: readonly string[], measure: Contestant<Figures>['measure']): Experiment {
  const rows = names.map((name) => ({ name, about: name, unit: 'seconds', better: 'lower' as const }));
  return { rows, open: () => ({ measure, note: (name) => (name === names[0] ? 'the first' : undefined) }) };
}
const run = (rows: readonly (RowPlan | Experiment)[], changes: Partial<SuiteSettings> = {}) =>
  runSuite({ name: 'test', rows }, { clock: simulatedClock(), signal: new AbortController().signal, ...changes });

describe('runSuite', () => {
  it('measures at least 15 interleaved rounds of both sides and names the version of the peer', async () => {
    const seen: string[] = [];
    const side = (name: string, figure: number): Contestant => ({
      version: '7.1',
      measure: ({ index }) => {
        if (index >= 0) seen.push(name);
        return figure;
      },
    });
    const { rows, failures } = await run([
      row('step', { open: () => side('A', 2), peer: { name: 'other', open: () => side('B', 6) }, floor: { ratio: 2 } }),
    ]);
    expect(failures).toEqual([]);
    expect(rows[0]).toMatchObject({ rounds: 15, peer: 'other 7.1', peerValue: 6, ratio: 3, ok: true });
    expect(seen.join('').slice(0, 8)).toBe('ABBAABBA');
    expect(seen).toHaveLength(30);
  });

  it('runs fewer rounds when quick, and marks every row', async () => {
    const { rows } = await run([row('one'), row('two')], { quick: true });
    expect(rows.map(({ rounds, quick }) => ({ rounds, quick }))).toEqual([
      { rounds: 5, quick: true },
      { rounds: 5, quick: true },
    ]);
  });

  it('measures an exact count once', async () => {
    let calls = 0;
    const open = (): Contestant => ({ measure: () => ++calls, note: () => 'counted' });
    const { rows } = await run([row('bytes', { exact: true, open })]);
    expect(rows[0]).toMatchObject({ value: 1, rounds: 1, note: 'counted' });
    expect(calls).toBe(1);
  });

  it('measures our side of a row whose peer is absent', async () => {
    const { rows, failures } = await run([row('step', { peer: { name: 'other', open: () => ({ absent: 'why' }) } })]);
    expect(failures).toEqual([]);
    expect(rows[0]).toMatchObject({ value: 2, rounds: 15, absent: 'why', ok: null });
  });

  it('leaves out a row for which the machine lacks something, without opening it', async () => {
    const lacking = () => ({ absent: 'no GPU' });
    const open = (): Contestant => {
      throw new Error('opened');
    };
    const { rows, absences, failures } = await run([row('gpu', { lacking, open }), row('one')]);
    expect(failures).toEqual([]);
    expect(absences).toEqual([{ name: 'gpu', absent: 'no GPU' }]);
    expect(rows.map(({ name }) => name)).toEqual(['one']);
  });

  it('measures a row for which the machine lacks nothing', async () => {
    const { rows, absences } = await run([row('gpu', { lacking: () => undefined })]);
    expect([rows.length, absences]).toEqual([1, []]);
  });

  it('adds the rows that the suite makes of those it measured', async () => {
    const summarise = (measured: readonly Row[]): Row[] => [{ ...measured[0]!, name: `mean of ${measured.length}` }];
    const settings = { clock: simulatedClock(), signal: new AbortController().signal };
    const { rows } = await runSuite({ name: 'test', rows: [row('one'), row('two')], summarise }, settings);
    expect(rows.map(({ name }) => name)).toEqual(['one', 'two', 'mean of 2']);
  });

  it('goes on with the other rows after one failed, and says which one', async () => {
    const broken = row('broken', {
      open: () => ({
        measure: () => {
          throw new Error('no such file');
        },
      }),
    });
    const { rows, failures } = await run([row('one'), broken, row('two')]);
    expect(rows.map(({ name }) => name)).toEqual(['one', 'two']);
    expect(failures).toEqual([{ name: 'broken', error: 'ours, warm-up: no such file' }]);
  });

  it('puts both sides away, the peer first, after success and after failure', async () => {
    for (const figure of [1, Number.NaN]) {
      const closed: string[] = [];
      const side = (name: string): Contestant => ({ measure: () => figure, close: () => void closed.push(name) });
      await run([row('step', { open: () => side('ours'), peer: { name: 'other', open: () => side('peer') } })]);
      expect(closed).toEqual(['peer', 'ours']);
    }
  });

  it('puts our side away when the peer cannot be opened', async () => {
    let closed = 0;
    const peer = {
      name: 'other',
      open: () => {
        throw new Error('broken installation');
      },
    };
    const open = (): Contestant => ({ measure: () => 1, close: () => void closed++ });
    const { failures } = await run([row('step', { open, peer })]);
    expect(failures[0]?.error).toBe('broken installation');
    expect(closed).toBe(1);
  });

  it('reports what could not be put away, beside the failure that came first', async () => {
    const close = () => Promise.reject(new Error('still running'));
    const bad = row('bad', { open: () => ({ measure: () => Number.NaN, close }) });
    const { rows, failures } = await run([row('fine', { open: () => ({ measure: () => 1, close }) }), bad]);
    expect(rows).toEqual([]);
    expect(failures[0]?.error).toMatch(/^putting it away failed: still running$/);
    expect(failures[1]?.error).toMatch(/not NaN; and then putting it away failed: still running$/);
  });

  it('fails the rows that an interruption reached', async () => {
    const interruption = new AbortController();
    const open = (): Contestant => ({
      measure: () => {
        interruption.abort();
        return 1;
      },
    });
    const { rows, failures } = await run([row('one', { open }), row('two')], { signal: interruption.signal });
    expect(rows).toEqual([]);
    expect(failures.map(({ name }) => name)).toEqual(['one', 'two']);
    expect(failures[1]?.error).toContain('interrupted');
  });

  it('refuses two rows of one name', async () => {
    const { failures } = await run([row('one'), row('one')]);
    expect(failures).toEqual([{ name: 'one', error: expect.stringContaining('twice') }]);
  });
});

describe('an experiment that feeds several rows', () => {
  it('is measured once a round and gives every row its own figures, notes and verdict', async () => {
    let calls = 0;
    const both = experiment(['p50', 'p99'], ({ index }) => {
      calls += 1;
      return { p50: 1, p99: index < 0 ? 99 : 3 };
    });
    const rows = both.rows.map((one) => ({ ...one, floor: { value: 2 } }));
    const outcome = await run([{ ...both, rows }, row('other')]);
    expect(outcome.failures).toEqual([]);
    expect(outcome.rows.map(({ name, value, rounds, ok, note }) => ({ name, value, rounds, ok, note }))).toEqual([
      { name: 'p50', value: 1, rounds: 15, ok: true, note: 'the first' },
      { name: 'p99', value: 3, rounds: 15, ok: false, note: undefined },
      { name: 'other', value: 2, rounds: 15, ok: undefined, note: undefined },
    ]);
    expect(calls).toBe(16);
  });

  it('compares every row with the same row of the peer', async () => {
    const ours = experiment(['a', 'b'], () => ({ a: 1, b: 2 }));
    const peer = { name: 'other', open: () => ({ measure: () => ({ a: 2, b: 2 }) }) };
    const { rows } = await run([{ ...ours, peer }]);
    expect(rows.map(({ ratio, samples }) => [ratio, samples.peer?.[0]])).toEqual([
      [2, 2],
      [1, 2],
    ]);
  });

  it('runs once when it is exact', async () => {
    let calls = 0;
    await run([{ ...experiment(['a'], () => ({ a: ++calls })), exact: true }]);
    expect(calls).toBe(1);
  });

  it('fails all its rows when it fails or leaves one out, and goes on with the others', async () => {
    const broken = experiment(['a', 'b'], () => {
      throw new Error('no server');
    });
    const short = experiment(['c', 'd'], () => ({ c: 1 }));
    const { rows, failures } = await run([broken, short, row('fine')]);
    expect(rows.map(({ name }) => name)).toEqual(['fine']);
    expect(failures.map(({ name, error }) => [name, error])).toEqual([
      ['a', 'ours, warm-up: no server'],
      ['b', 'ours, warm-up: no server'],
      ['c', 'round 0 of the experiment gave no figure for d'],
      ['d', 'round 0 of the experiment gave no figure for d'],
    ]);
  });

  it('is refused when one of its rows has the name of another', async () => {
    const { rows, failures } = await run([row('a'), experiment(['b', 'a'], () => ({ a: 1, b: 1 }))]);
    expect(rows.map(({ name }) => name)).toEqual(['a']);
    expect(failures.map(({ name, error }) => [name, error.includes('twice')])).toEqual([
      ['b', true],
      ['a', true],
    ]);
  });
});
