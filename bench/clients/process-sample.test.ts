import { closeSync, openSync } from 'node:fs';
import { platform } from 'node:os';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { sampleProcess } from './process-sample.js';

it('sees memory, and a handle more for a timer more', () => {
  const before = sampleProcess();
  const timer = setTimeout(() => undefined, 60_000);
  const held = Buffer.alloc(4_000_000, 1);
  const after = sampleProcess();
  clearTimeout(timer);
  expect(before.rss).toBeGreaterThan(1e6);
  expect(before.heapUsed).toBeGreaterThan(1e5);
  expect(after.handles).toBe(before.handles + 1);
  expect(after.arrayBuffers - before.arrayBuffers).toBeGreaterThan(held.length / 2);
});

it.skipIf(platform() !== 'linux')('sees a thread and an open file more', async () => {
  const before = sampleProcess();
  const file = openSync('/dev/null', 'r');
  const worker = new Worker('require("node:worker_threads").parentPort.on("message", () => {})', { eval: true });
  await new Promise((resolve) => worker.once('online', resolve));
  const after = sampleProcess();
  await worker.terminate();
  closeSync(file);
  expect(after.threads!).toBeGreaterThan(before.threads!);
  expect(after.openFiles!).toBeGreaterThan(before.openFiles!);
});
