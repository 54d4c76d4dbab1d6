import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryLog } from '../testing/memory-log.js';
import { StreamHub } from './hub.js';
import type { Outgoing } from './outbox.js';
import { Watcher, type WatcherOptions } from './watcher.js';

function watch(log: MemoryLog, options: Partial<WatcherOptions> = {}) {
  const got: Outgoing[] = [];
  const errors: unknown[] = [];
  const watcher = new Watcher({
    stream: 'job_1',
    events: log,
    hub: new StreamHub(log),
    limits: { replayPage: 3, socketBytes: 100_000, socketHighWater: 1000 },
    sink: { send: (one) => got.push(one), drained: async () => {} },
    onError: (error) => errors.push(error),
    ...options,
  });
  return { watcher, got, errors, numbers: () => got.map(({ frame }) => frame.number) };
}

/** Lets everything that is already settled run; the log answers within one turn. */
async function settled(): Promise<void> {
  for (let count = 0; count < 20; count++) await turn();
}

describe('watcher', () => {
  it('reads the log in pages and goes on live', async () => {
    const log = new MemoryLog();
    for (let count = 0; count < 8; count++) log.append('job_1', 'status_update');
    const { watcher, numbers } = watch(log);
    await watcher.open(2);
    watcher.start();
    log.append('job_1', 'status_update');
    await settled();
    log.append('job_1', 'status_update');
    expect(numbers()).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
    expect(log.reads.every(({ limit }) => limit === 3)).toBe(true);
  });

  it('reads nothing for a reader who wants only what happens from now on', async () => {
    const log = new MemoryLog();
    log.append('job_1', 'status_update');
    const { watcher, numbers } = watch(log);
    await watcher.open(undefined);
    log.append('job_1', 'status_update');
    expect(numbers()).toEqual([]);
    watcher.start();
    await settled();
    expect(numbers()).toEqual([2]);
    expect(log.reads).toEqual([]);
  });

  it('reads the next page only when the reader took the last one', async () => {
    const log = new MemoryLog();
    for (let count = 0; count < 9; count++) log.append('job_1', 'status_update');
    let release = (): void => {};
    let isFull = false;
    const got: Outgoing[] = [];
    const { watcher } = watch(log, {
      sink: {
        send: (one) => {
          got.push(one);
          isFull = got.length === 3;
        },
        drained: () => (isFull ? new Promise<void>((resolve) => (release = resolve)) : Promise.resolve()),
      },
    });
    await watcher.open(0);
    watcher.start();
    await settled();
    expect(got).toHaveLength(3);
    expect(log.reads).toHaveLength(1);
    isFull = false;
    release();
    await settled();
    expect(got).toHaveLength(9);
  });

  it('forgets a page that was asked for before the reader went back', async () => {
    const log = new MemoryLog();
    for (let count = 0; count < 6; count++) log.append('job_1', 'status_update');
    let open = (): void => {};
    log.gate = new Promise((resolve) => {
      open = resolve;
    });
    const { watcher, numbers } = watch(log);
    await watcher.open(4);
    watcher.start();
    await settled();
    watcher.start(1);
    open();
    await settled();
    expect(numbers()).toEqual([2, 3, 4, 5, 6]);
  });

  it('tells of the end once the last stored event is one', async () => {
    const log = new MemoryLog();
    log.append('job_1', 'workflow_completed');
    log.append('job_1', 'workflow_started');
    let ends = 0;
    const { watcher } = watch(log, { ends: new Set(['workflow_completed']), onEnd: () => (ends += 1) });
    await watcher.open(0);
    watcher.start();
    await settled();
    expect(ends).toBe(0);
    log.append('job_1', 'workflow_completed');
    expect(ends).toBe(1);
  });

  it('tells of the end to a reader who had everything already', async () => {
    const log = new MemoryLog();
    log.append('job_1', 'workflow_started');
    log.append('job_1', 'workflow_completed');
    let ends = 0;
    const { watcher, numbers } = watch(log, { ends: new Set(['workflow_completed']), onEnd: () => (ends += 1) });
    await watcher.open(2);
    watcher.start();
    await settled();
    expect(numbers()).toEqual([]);
    expect(ends).toBe(1);
  });

  it('reports a log that cannot be read', async () => {
    const log = new MemoryLog();
    log.append('job_1', 'status_update');
    log.failure = new Error('disk is gone');
    const { watcher, errors } = watch(log);
    await watcher.open(0);
    watcher.start();
    await settled();
    expect(errors).toEqual([log.failure]);
  });

  it('gives nothing out after it was closed, also when it was closed while opening', async () => {
    const log = new MemoryLog();
    const { watcher, got } = watch(log);
    const opening = watcher.open(0);
    watcher.close();
    await opening;
    watcher.start();
    log.append('job_1', 'status_update');
    await settled();
    expect(got).toEqual([]);
    expect(log.watched).toEqual([]);
  });

  it('loses and repeats nothing, however events, reads and a slow reader interleave', async () => {
    const law = fc.asyncProperty(
      fc.scheduler(),
      fc.nat({ max: 9 }),
      fc.nat({ max: 9 }),
      fc.nat({ max: 9 }),
      async (scheduler, before, after, during) => {
        const log = new MemoryLog();
        for (let count = 0; count < before; count++) log.append('job_1', 'status_update');
        const read = log.read.bind(log);
        log.read = async (...args) => scheduler.schedule(read(...args), 'read');
        const subscribe = log.subscribe.bind(log);
        log.subscribe = async (...args) => scheduler.schedule(subscribe(...args), 'subscribe');
        const got: Outgoing[] = [];
        const { watcher } = watch(log, {
          sink: { send: (one) => got.push(one), drained: () => scheduler.schedule(Promise.resolve(), 'drained') },
        });
        for (let count = 0; count < during; count++)
          void scheduler.schedule(Promise.resolve()).then(() => log.append('job_1', 'status_update'));
        void watcher.open(after).then(() => watcher.start());
        await scheduler.waitIdle();
        const numbers = got.map(({ frame }) => frame.number!);
        const first = numbers[0] ?? before + during + 1;
        // A reader ahead of the log starts at its end, wherever that was when the subscription stood.
        expect(first).toBeLessThanOrEqual(Math.max(Math.min(after, before + during), before) + 1);
        expect(numbers).toEqual(Array.from({ length: before + during + 1 - first }, (_, at) => first + at));
        if (after <= before) expect(first).toBe(after + 1);
      },
    );
    await fc.assert(law, { numRuns: 150 });
  });
});
