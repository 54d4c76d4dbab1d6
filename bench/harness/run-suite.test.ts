import { describe, expect, it } from 'vitest';
import { runSuite, type SuiteSettings } from './run-suite.js';
import { simulatedClock } from './simulated-clock.js';
import type { Contestant, RowPlan } from './suite.js';

function row(name: string, changes: Partial<RowPlan> = {}): RowPlan {
  const open = (): Contestant => ({ measure: () => 2 });
  return { name, about: name, unit: 'seconds', better: 'lower', open, ...changes };
}
const run = (rows: readonly RowPlan[], changes: Partial<SuiteSettings> = {}) =>
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
