/** The program itself, as people start it: real threads, real signals. Needs the bundle. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RunResult } from '../../actors/workflow/index.js';
import { packageRoot } from '../../learn/data/package-root.js';
import { temporaryFolder } from './testing/temporary-folder.js';

const PROGRAM = join(packageRoot(), 'dist', 'cli.js');
const EXAMPLE = join(packageRoot(), 'examples', 'wdbc.json');
const isBuilt = existsSync(PROGRAM);

/** Long enough that a signal always comes before its end. */
const ENDLESS = { data_config: { dataset: 'wdbc' }, training_config: { epochs: 100_000 } };

interface Program {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  readonly folder: string;
  readonly out: () => string;
  /** Exit code, or the name of the signal that ended it. */
  readonly ended: Promise<number | string | null>;
}

function start(
  args: readonly string[],
  files: Readonly<Record<string, unknown>> = {},
  folder = temporaryFolder(),
): Program {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(content));
  const process_ = spawn(process.execPath, [PROGRAM, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  // A test that fails must not leave an endless training behind. It goes before the folder does.
  onTestFinished(() => void process_.kill('SIGKILL'));
  let out = '';
  process_.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  process_.stderr.resume();
  const ended = once(process_, 'close').then(([code, signal]) => (signal ?? code) as number | string | null);
  return { process: process_, folder, out: () => out, ended };
}

describe.skipIf(!isBuilt)(
  `the built program${isBuilt ? '' : ' (skipped: dist/cli.js is missing, run npm run build)'}`,
  () => {
    it('runs the example and prints its result as one JSON document', async () => {
      const { ended, out, folder } = start(['run', EXAMPLE, '--json', '--events', 'events.jsonl']);
      expect(await ended).toBe(0);
      const result = JSON.parse(out()) as RunResult;
      expect(result.status).toBe('success');
      const { metrics } = result.outputs['evaluate'] as { metrics: { auc: { value: number } } };
      expect(metrics.auc.value).toBeGreaterThan(0.95);
      expect(existsSync(String(result.outputs['export']!['export_path']))).toBe(true);
      expect(readdirSync(folder).sort()).toEqual(['.ganglion', 'events.jsonl']);
    });

    it('finishes a run when nobody reads its output any more', async () => {
      const { process: child, ended, folder } = start(['run', EXAMPLE]);
      child.stdout.once('data', () => child.stdout.destroy());
      expect(await ended).toBe(0);
      const [run] = readdirSync(join(folder, '.ganglion', 'runs'));
      expect(existsSync(join(folder, '.ganglion', 'runs', run!, 'export', 'wdbc.onnx'))).toBe(true);
    });

    it('stops a training at Ctrl-C with a checkpoint, from which it goes on', async () => {
      const first = start(['train', 'job.json', '--json', '--events', 'events.jsonl'], { 'job.json': ENDLESS });
      await expect
        .poll(() => existsSync(join(first.folder, '.ganglion', 'jobs', 'job_0001', 'checkpoints')), { timeout: 20_000 })
        .toBe(true);
      first.process.kill('SIGINT');
      expect(await first.ended).toBe(130);
      const { status, checkpoint, current_epoch } = JSON.parse(first.out()) as Record<string, unknown>;
      expect(status).toBe('stopped');
      expect(existsSync(join(String(checkpoint), 'manifest.json'))).toBe(true);

      const epochs = Number(current_epoch) + 2;
      const request = { ...ENDLESS, training_config: { epochs }, resume_from: checkpoint };
      const resumed = start(['train', 'job.json', '--json'], { 'job.json': request }, first.folder);
      expect(await resumed.ended).toBe(0);
      expect(JSON.parse(resumed.out())).toMatchObject({ status: 'completed', current_epoch: epochs });
    });

    it('serves until a signal, and then ends with 0', async () => {
      const { process: child, ended, out } = start(['serve', '--port', '0']);
      await expect.poll(out, { timeout: 20_000 }).toContain('is listening on http://');
      const [, url] = /listening on (http:\S+)/.exec(out())!;
      expect(await (await fetch(`${url}/health/ready`)).json()).toEqual({ status: 'ready', database: 'connected' });
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
      expect(out()).toMatch(/closed\n$/);
    });
  },
);
