import { execFileSync } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { sharedNow } from './shared-time.js';

it('goes forward and reads the same in another process', () => {
  const before = sharedNow();
  const inside = Number(
    execFileSync(process.execPath, ['-p', 'Number(process.hrtime.bigint()) / 1e6'], { encoding: 'utf8' }),
  );
  const after = sharedNow();
  expect(inside).toBeGreaterThan(before);
  expect(after).toBeGreaterThan(inside);
});

it('reads the same on another thread', async () => {
  const before = sharedNow();
  const source = `require('node:worker_threads').parentPort.postMessage(Number(process.hrtime.bigint()) / 1e6)`;
  const inside = await new Promise<number>((resolve) => new Worker(source, { eval: true }).once('message', resolve));
  expect(inside).toBeGreaterThan(before);
  expect(sharedNow()).toBeGreaterThan(inside);
});
