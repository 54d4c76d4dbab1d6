import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../harness/clock.js';
import { withTemporaryFolder } from '../../harness/temporary-folder.js';
import { demoTime, timeRun } from './demo-time.js';

const signal = new AbortController().signal;
const time = (source: string) => timeRun(systemClock, ['-e', source], signal);
const printing = (value: unknown) => `console.log(${JSON.stringify(JSON.stringify(value, null, 2))})`;

describe('timeRun', () => {
  it('takes the time of the whole process', async () => {
    const busy = 'const end = Date.now() + 60; while (Date.now() < end);';
    const seconds = await time(`${busy} ${printing({ status: 'success', executions: { a: {} } })}`);
    expect(seconds).toBeGreaterThan(0.06);
    expect(seconds).toBeLessThan(20);
  });

  it('finds the result behind lines of events', async () => {
    await expect(time(`console.log('{"type":"x"}'); console.log('{"status":"success"}')`)).resolves.toBeGreaterThan(0);
  });

  it('runs every time in an empty folder, and removes it', async () => {
    await withTemporaryFolder(async (folder) => {
      const record = join(folder, 'seen');
      const look = `
        const fs = require('node:fs');
        fs.appendFileSync(${JSON.stringify(record)}, JSON.stringify([process.cwd(), fs.readdirSync('.')]) + '\\n');
        fs.mkdirSync('.ganglion'); ${printing({ status: 'success' })}`;
      await time(look);
      await time(look);
      const seen = (await readFile(record, 'utf8')).trim().split('\n');
      const runs = seen.map((line) => JSON.parse(line) as [string, string[]]);
      expect(runs.map(([, entries]) => entries)).toEqual([[], []]);
      expect(runs[0]![0]).not.toBe(runs[1]![0]);
      expect(runs.some(([path]) => existsSync(path))).toBe(false);
    });
  });

  it.each([
    ['fails', `console.error('out of memory'); process.exit(3)`, /ended with code 3: out of memory/],
    ['crashes', `process.kill(process.pid, 'SIGKILL')`, /ended with SIGKILL/],
    ['prints a failed run', printing({ status: 'error', error: 'no data' }), /status "error": "no data"/],
    ['prints no result', `console.log('done')`, /as JSON, not "done"/],
    [
      'computed nothing anew',
      printing({ status: 'success', executions: { split: { cached: true }, train: { cached: false } } }),
      /took split from a cache/,
    ],
  ])('refuses to time a run that %s', async (_, source, message) => {
    await expect(time(source)).rejects.toThrow(message);
  });

  it('ends the process when the round is given up', async () => {
    const late = new AbortController();
    const running = timeRun(systemClock, ['-e', 'setInterval(() => {}, 1000)'], late.signal);
    late.abort();
    await expect(running).rejects.toThrow('aborted');
  });
});

describe('demo_time', () => {
  it('says what is missing when the project is not built', async () => {
    await withTemporaryFolder(async (root) => {
      expect(() => demoTime({ root, clock: systemClock, quick: false }).open()).toThrow(
        /cli\.js does not exist: run npm run build/,
      );
    });
  });

  it('runs the command line of the project on its example', async () => {
    await withTemporaryFolder(async (root) => {
      await mkdir(join(root, 'dist'));
      await mkdir(join(root, 'examples'));
      await writeFile(join(root, 'examples', 'wdbc.json'), '{}');
      const program = `
        const [command, file, option] = process.argv.slice(2);
        const right = command === 'run' && require('node:fs').existsSync(file) && option === '--json';
        console.log(JSON.stringify({ status: right ? 'success' : 'error' }));`;
      await writeFile(join(root, 'dist', 'cli.js'), program);
      const contestant = await demoTime({ root, clock: systemClock, quick: false }).open();
      expect(await contestant.measure({ index: 0, signal })).toBeGreaterThan(0);
    });
  });
});
