import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Database, type Migration } from './database.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ganglion-database-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const flag = new Int32Array(new SharedArrayBuffer(4));
const statements = { put: 'INSERT INTO notes (text) VALUES (?)', all: 'SELECT text FROM notes ORDER BY id' };
const notes: Migration = { name: 'notes', sql: 'CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)' };
const places: Migration = { name: 'places', sql: 'CREATE TABLE places (id INTEGER PRIMARY KEY)' };
const open = (...migrations: Migration[]) => new Database(join(directory, 'x.db'), { migrations, statements });
const put = (database: Database, text: string) => database.commit([{ statement: 'put', parameters: [text] }]);

describe('migrations', () => {
  it('are made once each, whatever their order in a later version, and keep what is there', () => {
    const first = open(notes);
    put(first, 'kept');
    first.close();
    const second = open(places, notes);
    expect(second.query('all', [])).toMatchObject([{ text: 'kept' }]);
    second.close();
    open(notes, places).close();
  });

  it('of a later version are not touched: the store is refused', () => {
    open(notes, places).close();
    expect(() => open(notes)).toThrow(/later version of ganglion \(places\): update/);
  });

  it('that fail leave the store as it was', () => {
    open(notes).close();
    const broken = { name: 'broken', sql: 'CREATE TABLE half (id INTEGER); CREATE TABLE notes (id INTEGER)' };
    expect(() => open(notes, broken)).toThrow(/could not be migrated \(broken\)/);
    const again = open(notes, { name: 'half', sql: 'CREATE TABLE half (id INTEGER)' });
    put(again, 'works');
    again.close();
  });
});

it('waits for a moment when somebody else holds the file', () => {
  const database = open(notes);
  const other = new Worker(
    `const { workerData, parentPort } = require('node:worker_threads');
     const Database = require(workerData.libsql);
     const held = new Database(workerData.file);
     held.exec('BEGIN IMMEDIATE');
     Atomics.store(workerData.flag, 0, 1);
     Atomics.notify(workerData.flag, 0);
     setTimeout(() => { held.exec('ROLLBACK'); held.close(); }, 150);`,
    {
      eval: true,
      workerData: { libsql: createRequire(import.meta.url).resolve('libsql'), file: join(directory, 'x.db'), flag },
    },
  );
  Atomics.wait(flag, 0, 0, 10_000);
  put(database, 'kept');
  expect(database.query('all', [])).toMatchObject([{ text: 'kept' }]);
  database.close();
  return new Promise<void>((resolve) => other.once('exit', () => resolve()));
});

it('a file that is no database is refused with its name and the way out', () => {
  writeFileSync(join(directory, 'x.db'), 'this is a letter, not a database, and it is long enough to tell'.repeat(20));
  expect(() => open(notes)).toThrow(/x\.db cannot be used: .*--data-dir/);
});

it('commits all operations or none', () => {
  const database = open(notes);
  const bad = { statement: 'no such statement', parameters: [] };
  expect(() => database.commit([{ statement: 'put', parameters: ['lost'] }, bad])).toThrow(/no statement named/);
  put(database, 'kept');
  expect(database.query('all', [])).toMatchObject([{ text: 'kept' }]);
  database.close();
});
