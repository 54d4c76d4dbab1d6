import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommand, type SuiteEntry } from './command.js';
import { findProjectRoot } from './project.js';
import type { SuiteResult } from './result-file.js';
import { simulatedClock } from './simulated-clock.js';
import type { Contestant, RowPlan } from './suite.js';
import { withTemporaryFolder } from './temporary-folder.js';

const plan = (name: string, figure: number, changes: Partial<RowPlan> = {}): RowPlan => ({
  name,
  about: `about ${name}`,
  unit: 'seconds',
  better: 'lower',
  open: (): Contestant => ({ measure: () => figure }),
  ...changes,
});
const entry = (name: string, rows: readonly RowPlan[]): SuiteEntry => ({
  about: `about ${name}`,
  load: async () => () => ({ name, rows }),
});
const suites: Record<string, SuiteEntry> = {
  good: entry('good', [plan('fast', 0.5, { floor: { value: 1 } }), plan('slow', 3, { floor: { value: 1 } })]),
  bad: entry('bad', [plan('fine', 1), plan('wrong', Number.NaN)]),
  lacking: entry('lacking', [plan('fine', 1), plan('gpu', 1, { lacking: () => ({ absent: 'no GPU here' }) })]),
  broken: { about: 'cannot be imported', load: () => Promise.reject(new Error('no such module')) },
};

async function run(...args: string[]) {
  let out = '';
  let err = '';
  const code = await runCommand(args, {
    root: findProjectRoot(import.meta.dirname),
    suites,
    clock: simulatedClock(),
    signal: new AbortController().signal,
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}

describe('the bench command', () => {
  it('runs a suite, prints machine, table and floors that are not met, and ends with 0', async () => {
    const { code, out, err } = await run('good');
    expect(code).toBe(0);
    expect(out).toMatch(/cores, .*Node \d+/);
    expect(out).toMatch(/^fast .*500 ms .*15 .*ok$/m);
    expect(out).toMatch(/^slow .*MISSED$/m);
    expect(out).toMatch(/^floors not met: slow$/m);
    expect(err).toContain('good/fast: about fast');
  });

  it('writes the result file', async () => {
    await withTemporaryFolder(async (folder) => {
      const file = join(folder, 'good.json');
      expect((await run('good', '--json', file)).code).toBe(0);
      const result = JSON.parse(await readFile(file, 'utf8')) as SuiteResult;
      expect(result).toMatchObject({ suite: 'good', machine: { node: process.version } });
      expect(result.rows.map(({ name, value, rounds, ok }) => ({ name, value, rounds, ok }))).toEqual([
        { name: 'fast', value: 0.5, rounds: 15, ok: true },
        { name: 'slow', value: 3, rounds: 15, ok: false },
      ]);
      expect(result).not.toHaveProperty('quick');
      expect(result).not.toHaveProperty('failures');
    });
  });

  it('marks a quick run in the table and in the file', async () => {
    await withTemporaryFolder(async (folder) => {
      const file = join(folder, 'good.json');
      const { out } = await run('good', '--quick', '--json', file);
      expect(out).toMatch(/^fast .*quick, not quotable$/m);
      const result = JSON.parse(await readFile(file, 'utf8')) as SuiteResult;
      expect(result.quick).toBe(true);
      expect(result.rows.every(({ quick, rounds }) => quick === true && rounds < 15)).toBe(true);
    });
  });

  it('says below the table and in the file which rows this machine cannot measure', async () => {
    await withTemporaryFolder(async (folder) => {
      const file = join(folder, 'lacking.json');
      const { code, out } = await run('lacking', '--json', file);
      expect(code).toBe(0);
      expect(out).toMatch(/^absent gpu: no GPU here$/m);
      const result = JSON.parse(await readFile(file, 'utf8')) as SuiteResult;
      expect(result.rows.map(({ name }) => name)).toEqual(['fine']);
      expect(result.absences).toEqual([{ name: 'gpu', absent: 'no GPU here' }]);
    });
  });

  it('ends with 1 when a row failed, and still prints and writes the others', async () => {
    await withTemporaryFolder(async (folder) => {
      const file = join(folder, 'bad.json');
      const { code, out } = await run('bad', '--json', file);
      expect(code).toBe(1);
      expect(out).toMatch(/^fine /m);
      expect(out).toMatch(/^FAILED wrong: .*not NaN/m);
      const result = JSON.parse(await readFile(file, 'utf8')) as SuiteResult;
      expect(result.failures).toEqual([{ name: 'wrong', error: expect.stringContaining('NaN') }]);
    });
  });

  it.each([
    ['a suite cannot be imported', ['broken'], 'suite broken: no such module'],
    ['the file cannot be written', ['good', '--json', '/dev/null/good.json'], '/dev/null/good.json'],
  ])('ends with 1 when %s', async (_, args, message) => {
    const { code, err } = await run(...args);
    expect(code).toBe(1);
    expect(err).toContain(message);
  });

  it.each([
    ['no suite', [], 'Known: bad, broken, good, lacking.'],
    ['an unknown suite', ['gud'], 'there is no suite gud. Known: bad'],
    ['a name that every object knows', ['constructor'], 'there is no suite constructor'],
    ['an unknown option', ['good', '--fast'], '--fast'],
    ['--json without a file', ['good', '--json'], '--json'],
    ['two suites', ['good', 'bad'], 'too many arguments'],
  ])('ends with 2 for %s', async (_, args, message) => {
    const { code, err } = await run(...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  it('measures only the rows that are asked for, by name or by how the name begins', async () => {
    const { code, out } = await run('good', '--only', 'fa');
    expect(code).toBe(0);
    expect(out).toMatch(/^fast /m);
    expect(out).not.toMatch(/^slow /m);
    expect(await run('good', '--only', 'x')).toMatchObject({ code: 2, err: expect.stringContaining('no row x') });
  });

  it('lists the suites without importing them, and the rows of one', async () => {
    const all = await run('--list');
    expect(all).toMatchObject({ code: 0, err: '' });
    expect(all.out).toContain('broken: cannot be imported\n');
    const one = await run('good', '--list');
    expect(one.out).toContain('good/slow (seconds, lower is better): about slow\n');
    expect(one.out).not.toContain('500 ms');
  });

  it('explains itself', async () => {
    const { code, out } = await run('--help');
    expect(code).toBe(0);
    for (const option of ['--json <file>', '--quick', '--only <row>', '--list']) expect(out).toContain(option);
  });
});
