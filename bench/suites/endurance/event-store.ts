/** The event log on the disk, read past the product: what it says of itself is not what proves it. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type LibsqlDatabase from 'libsql';

export interface StoredEvent {
  readonly stream: string;
  readonly seq: number;
  readonly type: string;
  readonly json: string;
}

/** Every stored event of a data directory that no process uses, by stream and number. */
export function readEvents(dataDir: string): StoredEvent[] {
  const Libsql = createRequire(import.meta.url)('libsql') as typeof LibsqlDatabase;
  const database = new Libsql(join(dataDir, 'ganglion.db'));
  try {
    const rows = database.prepare('SELECT stream, first_seq, json FROM segments ORDER BY stream, first_seq').all();
    return (rows as { stream: string; first_seq: number; json: string }[]).flatMap(
      ({ stream, first_seq, json: lines }) =>
        lines.split('\n').map((json, place) => {
          const { type } = JSON.parse(json) as { type: string };
          return { stream, seq: first_seq + place, type, json };
        }),
    );
  } finally {
    database.close();
  }
}

/** A sentence for every place where the numbers of a stream do not go 1, 2, 3, ... @param events in the order of `readEvents` */
export function gapsOf(events: readonly StoredEvent[]): string[] {
  const next = new Map<string, number>();
  const gaps: string[] = [];
  for (const { stream, seq } of events) {
    const expected = next.get(stream) ?? 1;
    if (seq !== expected) gaps.push(`${stream} goes on with ${seq} where ${expected} belongs`);
    next.set(stream, seq + 1);
  }
  return gaps;
}
