import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type LibsqlDatabase from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Kernel } from '../kernel.js';
import { Database } from '../store/database.js';
import { Store } from '../store/store.js';
import type { StoreMessage } from '../store/store-actor.js';
import { EventLog } from './event-log.js';
import { LOG_SCHEMA } from './schema.js';
import { eventValue } from './stream-event.js';

const entry = new URL('../../dist/host.js', import.meta.url);
let kernel: Kernel;
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ganglion-journal-'));
  kernel = new Kernel({ entry, threads: 0 });
});
afterEach(async () => {
  await kernel.close();
  rmSync(directory, { recursive: true, force: true });
});

const openStore = () =>
  new Store(
    kernel.spawn<StoreMessage>(
      { module: entry.href, name: 'storeActor' },
      { directory, schema: LOG_SCHEMA },
      'own-light',
    ).ref,
  );

describe.each(['durable', 'memory'] as const)('a %s journal', (kept) => {
  const opened = () => EventLog.open(openStore(), () => 0, kept);

  it('gives events back from any number on, be they added in one turn or in many', async () => {
    const log = await opened();
    log.create('run_a', 'run_id');
    log.create('run_b', 'run_id');
    for (let turn = 0; turn < 10; turn++) {
      for (let index = 0; index < 25; index++) {
        log.add('run_a', 'tick', { turn, index, text: 'two\nlines' });
        if (index % 5 === 0) log.add('run_b', 'tick', { turn, index });
      }
      await log.committed('run_a');
    }
    await log.committed('run_b');
    for (const [after, limit] of [
      [0, 1000],
      [24, 3],
      [25, 25],
      [130, 1],
      [249, 10],
      [250, 10],
    ] as const) {
      // biome-ignore format: a case a pair
      const numbers = (await log.read('run_a', after, limit)).map(({ seq }) => seq);
      expect(numbers).toEqual(Array.from({ length: Math.min(limit, 250 - after) }, (_, place) => after + place + 1));
    }
    const [event] = await log.read('run_a', 30, 1);
    expect(eventValue(event!)).toEqual({ type: 'tick', seq: 31, ts: '1970-01-01T00:00:00.000Z', run_id: 'run_a', turn: 1, index: 5, text: 'two\nlines' }); // biome-ignore format: one event
    expect(JSON.parse(event!.json)).toEqual(eventValue(event!));
    const all = await log.read('run_*', 0, 1000);
    expect(all.map(({ pos }) => pos)).toEqual(Array.from({ length: 300 }, (_, place) => place + 1));
    expect((await log.read('run_*', 287, 5)).map(({ pos }) => pos)).toEqual([288, 289, 290, 291, 292]);
    for (const stream of ['run_a', 'run_b']) {
      const own = all.filter((one) => one.stream === stream).map(({ seq }) => seq);
      expect(own).toEqual(own.map((_, place) => place + 1));
    }
  });

  it('gives a listener what JSON makes of an event, and nothing that is changed afterwards', async () => {
    const log = await opened();
    log.create('run_a', 'run_id');
    const seen: unknown[] = [];
    await log.subscribe('run_a', (event) => seen.push(eventValue(event)));
    const fields = { value: Number.NaN, list: [1, 2], absent: undefined };
    log.add('run_a', 'tick', fields);
    fields.list.push(3);
    await log.committed('run_a');
    expect(seen).toEqual([
      { type: 'tick', seq: 1, ts: expect.any(String), run_id: 'run_a', value: null, list: [1, 2] },
    ]);
    expect((await log.read('run_a', 0, 1)).map(eventValue)).toEqual(seen);
  });

  it('refuses what JSON cannot hold, without a gap', async () => {
    const log = await opened();
    log.create('run_a', 'run_id');
    expect(() => log.add('run_a', 'tick', { value: 1n })).toThrow(TypeError);
    expect((await log.append('run_a', 'tick', {})).seq).toBe(1);
  });

  it('says that nothing was stored when what belongs to an event could not be', async () => {
    const log = await opened();
    log.create('run_a', 'run_id');
    await log.append('run_a', 'tick', {});
    log.add('run_a', 'tick', {}, [{ statement: 'no such statement', parameters: [] }]);
    await expect(log.committed('run_a')).rejects.toMatchObject({ code: 'store_failed' });
    expect(() => log.add('run_a', 'tick', {})).toThrow(/the event log has stopped/);
    expect(await log.read('run_a', 0, 10)).toHaveLength(1);
  });
});

it('a journal in memory forgets the streams that ended long ago', async () => {
  const log = await EventLog.open(openStore(), () => 0, 'memory');
  for (let run = 0; run < 120; run++) {
    log.create(`run_${run}`, 'run_id');
    await log.append(`run_${run}`, 'tick', {});
    log.close(`run_${run}`);
  }
  expect(await log.read('run_0', 0, 10)).toEqual([]);
  expect(await log.read('run_119', 0, 10)).toHaveLength(1);
  expect(await log.read('run_*', 0, 1000)).toHaveLength(100);
});

it('a log that an earlier version wrote is read on, and goes on', async () => {
  const Libsql = createRequire(import.meta.url)('libsql') as typeof LibsqlDatabase;
  const old = new Libsql(join(directory, 'ganglion.db'));
  old.exec('CREATE TABLE migrations (name TEXT PRIMARY KEY)');
  const [first] = LOG_SCHEMA.migrations;
  old.exec(first!.sql);
  old.prepare('INSERT INTO migrations (name) VALUES (?)').run([first!.name]);
  const insert = old.prepare('INSERT INTO events (pos, stream, seq, type, json) VALUES (?, ?, ?, ?, ?)');
  for (let seq = 1; seq <= 3; seq++) insert.run([seq, 'run_a', seq, 'tick', `{"type":"tick","seq":${seq}}`]);
  old.close();
  const store = openStore();
  const log = await EventLog.open(store);
  await log.reopen('run_a', 'run_id');
  expect(await log.append('run_a', 'tick', {})).toMatchObject({ seq: 4, pos: 4 });
  expect((await log.read('run_a', 1, 10)).map(({ seq }) => seq)).toEqual([2, 3, 4]);
});

it('events of a turn share rows, none of them much longer than 64 kB', async () => {
  const log = await EventLog.open(openStore());
  log.create('run_a', 'run_id');
  for (let index = 0; index < 1000; index++) log.add('run_a', 'tick', { text: 'x'.repeat(1000) });
  await log.committed('run_a');
  await kernel.close();
  const database = new Database(join(directory, 'ganglion.db'), {
    ...LOG_SCHEMA,
    statements: { lengths: 'SELECT length(json) AS length FROM segments' },
  });
  const lengths = database.query('lengths', []).map((row) => Number(row['length']));
  database.close();
  expect(lengths.length).toBeLessThan(20);
  expect(Math.max(...lengths)).toBeLessThan(67_000);
});
