import { createRequire } from 'node:module';
import { join } from 'node:path';
import type LibsqlDatabase from 'libsql';
import { describe, expect, it } from 'vitest';
import { LOG_SCHEMA } from '../../../runtime/log/schema.js';
import { withTemporaryFolder } from '../../harness/temporary-folder.js';
import { gapsOf, readEvents } from './event-store.js';
import { lostEvents } from './kills.js';

const event = (stream: string, seq: number, json: object = {}) => ({
  stream,
  seq,
  type: 'x',
  json: JSON.stringify({ type: 'x', ...json }),
});

it('reads the log that the runtime writes, by stream and number', async () => {
  await withTemporaryFolder(async (folder) => {
    const Libsql = createRequire(import.meta.url)('libsql') as typeof LibsqlDatabase;
    const database = new Libsql(join(folder, 'ganglion.db'));
    for (const { sql } of LOG_SCHEMA.migrations) database.exec(sql);
    const append = database.prepare(LOG_SCHEMA.statements['append_segment']!);
    append.run([1, 1, 'job_0002', 1, 1, '{"type":"x"}']);
    append.run([3, 2, 'job_0001', 1, 2, '{"type":"x"}\n{"type":"x","a":1}']);
    database.close();
    expect(readEvents(folder)).toEqual([event('job_0001', 1), event('job_0001', 2, { a: 1 }), event('job_0002', 1)]);
  });
});

describe('gapsOf', () => {
  it.each([
    ['numbers without a gap', [event('a', 1), event('a', 2), event('b', 1)], []],
    ['a number that is missing', [event('a', 1), event('a', 3), event('a', 4)], ['a goes on with 3 where 2 belongs']],
    ['a first number that is missing', [event('a', 1), event('b', 2)], ['b goes on with 2 where 1 belongs']],
    ['a number that is there twice', [event('a', 1), event('a', 1)], ['a goes on with 1 where 2 belongs']],
    ['no events', [], []],
  ])('%s', (_, events, gaps) => {
    expect(gapsOf(events)).toEqual(gaps);
  });
});

describe('lostEvents', () => {
  const told = { type: 'x', seq: 2, job_id: 'a', loss: 1 };

  it.each([
    ['has what was told', told, []],
    ['lacks what was told', { ...told, seq: 3 }, ['a 3 (x) is not in the log']],
    ['has another event under the number', { ...told, loss: 2 }, ['a 2 (x) is another in the log']],
    ['has what the stream of all jobs told with its place', { ...told, pos: 7 }, []],
    ['need not have what carries no number', { type: 'batch_progress', job_id: 'a' }, []],
  ])('the log %s', (_, message, lost) => {
    expect(lostEvents([{ messages: [message] }], [event('a', 1), event('a', 2, told)])).toEqual(lost);
  });
});
