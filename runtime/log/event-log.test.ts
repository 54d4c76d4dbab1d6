import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Kernel } from '../kernel.js';
import { Store } from '../store/store.js';
import type { StoreMessage } from '../store/store-actor.js';
import { EventLog, type StreamEvent } from './event-log.js';
import { LOG_SCHEMA } from './schema.js';

const entry = new URL('../../dist/host.js', import.meta.url);
let kernel: Kernel;
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ganglion-log-'));
  kernel = new Kernel({ entry, threads: 0 });
});
afterEach(async () => {
  await kernel.close();
  rmSync(directory, { recursive: true, force: true });
});

const openStore = () =>
  kernel.spawn<StoreMessage>(
    { module: entry.href, name: 'storeActor' },
    { directory, schema: LOG_SCHEMA },
    'own-light',
  );

describe('the event log', () => {
  it('numbers the events of a stream from 1 without gaps, and delivers them in order after their commit', async () => {
    const store = new Store(openStore().ref);
    const log = await EventLog.open(store, () => 0);
    log.create('run_a', 'run_id');
    log.create('run_b', 'run_id');
    const seen: StreamEvent[] = [];
    await log.subscribe('run_a', (event) => seen.push(event));
    const all: StreamEvent[] = [];
    await log.subscribe('run_*', (event) => all.push(event));
    await Promise.all(
      Array.from({ length: 40 }, (_, index) => log.append(index % 2 ? 'run_a' : 'run_b', 'tick', { index })),
    );
    expect(seen.map((event) => event.seq)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(all.map((event) => event.pos)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    expect(JSON.parse(seen[0]!.json)).toEqual({
      type: 'tick',
      seq: 1,
      ts: '1970-01-01T00:00:00.000Z',
      run_id: 'run_a',
      index: 1,
    });
    expect(await log.read('run_a', 17, 10)).toEqual(seen.slice(17));
    expect(await log.read('run_*', 38, 10)).toEqual(all.slice(38));
  });

  it('never stores, numbers or replays an event of the moment', async () => {
    const log = await EventLog.open(new Store(openStore().ref));
    log.create('job_1', 'job_id');
    const seen: StreamEvent[] = [];
    await log.subscribe('job_1', (event) => seen.push(event));
    log.announce('job_1', 'batch_progress', { batch: 1 });
    expect(seen).toHaveLength(1);
    expect(seen[0]).not.toHaveProperty('seq');
    expect(await log.read('job_1', 0, 10)).toEqual([]);
  });

  it('goes on with its numbers after a restart', async () => {
    const first = openStore();
    const log = await EventLog.open(new Store(first.ref));
    log.create('job_1', 'job_id');
    await log.append('job_1', 'one', {});
    await first.stop();
    const again = await EventLog.open(new Store(openStore().ref));
    await again.reopen('job_1', 'job_id');
    expect(await again.append('job_1', 'two', {})).toMatchObject({ seq: 2, pos: 2 });
    expect((await again.read('job_1', 0, 10)).map((event) => event.type)).toEqual(['one', 'two']);
  });

  it('refuses an event that JSON cannot hold, and leaves no gap for it', async () => {
    const log = await EventLog.open(new Store(openStore().ref));
    log.create('job_1', 'job_id');
    await expect(log.append('job_1', 'bad', { count: 1n })).rejects.toThrow(TypeError);
    expect(await log.append('job_1', 'good', {})).toMatchObject({ seq: 1, pos: 1 });
  });

  it('stores no event behind one that could not be stored, also when both were in one group', async () => {
    const store = new Store(openStore().ref);
    const log = await EventLog.open(store);
    log.create('job_1', 'job_id');
    const impossible = { statement: 'no such statement', parameters: [] };
    const outcomes = await Promise.allSettled([
      log.append('job_1', 'one', {}),
      log.append('job_1', 'two', {}, [impossible]),
      log.append('job_1', 'three', {}),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(
      (await store.query('segments_after', ['job_1', 0, 10])).map((row) => JSON.parse(String(row['json'])).type),
    ).toEqual(['one']);
    expect(() => log.assertWritable()).toThrow(/event log has stopped/);
  });

  it('tells a listener when no further event will come', async () => {
    const log = await EventLog.open(new Store(openStore().ref));
    log.create('job_1', 'job_id');
    const ended = new Promise<void>((resolve) => void log.subscribe('job_1', () => undefined, resolve));
    log.close('job_1');
    await ended;
  });

  it('stops when an event could not be stored, instead of leaving a gap', async () => {
    const store = openStore();
    const log = await EventLog.open(new Store(store.ref));
    log.create('job_1', 'job_id');
    await store.stop();
    await expect(log.append('job_1', 'lost', {})).rejects.toThrow(/event log has stopped/);
    await expect(log.append('job_1', 'next', {})).rejects.toThrow(/event log has stopped/);
  });
});

describe('the store', () => {
  it('refuses a second process, or kernel, on one data directory', async () => {
    await openStore().started;
    await expect(openStore().started).rejects.toMatchObject({ code: 'store_locked' });
  });

  it('commits every group whole, and does not let one bad commit take the others of its turn along', async () => {
    const store = new Store(openStore().ref);
    const append = (pos: number) => ({ statement: 'append_segment', parameters: [pos, pos, 'run_a', pos, pos, '{}'] });
    const commits = await Promise.allSettled([
      store.commit([append(1)]),
      store.commit([append(2), append(1)]),
      store.commit([append(3)]),
    ]);
    expect(commits.map((commit) => commit.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await store.query('segments_after', ['run_a', 0, 10])).map((row) => row['first_seq'])).toEqual([1, 3]);
  });

  it('refuses values that its binding cannot carry, and stays up', async () => {
    const store = new Store(openStore().ref);
    await expect(
      store.commit([{ statement: 'append_segment', parameters: [1, 1, true as never, 1, 1, '{}'] }]),
    ).rejects.toThrow(/given a boolean/);
    await expect(store.query('no such statement')).rejects.toThrow(/no statement named/);
    expect(await store.query('last_pos')).toEqual([{ pos: null }]);
  });
});

it.each([
  ['below a file', () => join(directory, 'file', 'below'), /is not a directory: .*--data-dir/],
  ['a file', () => join(directory, 'file'), /is not a directory: .*--data-dir/],
  ['where nothing can be made', () => '/proc/ganglion', /cannot be (used|written to).*--data-dir/],
])('a data directory %s is refused with the way out', async (_name, place, message) => {
  writeFileSync(join(directory, 'file'), '');
  const init = { directory: place(), schema: LOG_SCHEMA };
  const spawned = kernel.spawn<StoreMessage>({ module: entry.href, name: 'storeActor' }, init, 'own-light');
  await expect(spawned.started).rejects.toThrow(message);
});

it('an ended stream is let go of when its last listener leaves, and can be opened again where it ended', async () => {
  const log = await EventLog.open(new Store(openStore().ref));
  log.create('run_a', 'run_id');
  const { unsubscribe } = await log.subscribe('run_a', () => undefined);
  await log.append('run_a', 'one', {});
  log.close('run_a');
  // Still open, because somebody listens: a second event would reach the listener.
  expect((await log.append('run_a', 'two', {})).seq).toBe(2);
  unsubscribe();
  await expect(log.append('run_a', 'lost', {})).rejects.toThrow(/not open/);
  await log.reopen('run_a', 'run_id');
  expect((await log.append('run_a', 'three', {})).seq).toBe(3);
});
