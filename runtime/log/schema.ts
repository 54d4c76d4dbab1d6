/** Tables and statements of the event log. */
import type { Schema } from '../store/database.js';

export const LOG_SCHEMA: Schema = {
  migrations: [
    {
      name: 'log 1: events',
      sql: `CREATE TABLE events (
       pos INTEGER PRIMARY KEY,
       stream TEXT NOT NULL,
       seq INTEGER NOT NULL,
       type TEXT NOT NULL,
       json TEXT NOT NULL
     );
     CREATE UNIQUE INDEX events_of_stream ON events (stream, seq)`,
    },
  ],
  statements: {
    append_event: 'INSERT INTO events (pos, stream, seq, type, json) VALUES (?, ?, ?, ?, ?)',
    events_after: 'SELECT pos, stream, seq, type, json FROM events WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?',
    events_after_pos:
      'SELECT pos, stream, seq, type, json FROM events WHERE stream GLOB ? AND pos > ? ORDER BY pos LIMIT ?',
    last_seq: 'SELECT max(seq) AS seq FROM events WHERE stream = ?',
    last_pos: 'SELECT max(pos) AS pos FROM events',
  },
};
