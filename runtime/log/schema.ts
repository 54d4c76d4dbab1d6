/** Tables and statements of the event log. A row holds many events of one stream, one a line: a row each would cost more than the disk does. */
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
    {
      name: 'log 2: segments',
      sql: `CREATE TABLE segments (
       last_pos INTEGER PRIMARY KEY,
       first_pos INTEGER NOT NULL,
       stream TEXT NOT NULL,
       first_seq INTEGER NOT NULL,
       last_seq INTEGER NOT NULL,
       json TEXT NOT NULL
     );
     INSERT INTO segments (last_pos, first_pos, stream, first_seq, last_seq, json)
       SELECT pos, pos, stream, seq, seq, json FROM events ORDER BY pos;
     CREATE UNIQUE INDEX segments_of_stream ON segments (stream, last_seq);
     DROP TABLE events`,
    },
  ],
  statements: {
    append_segment:
      'INSERT INTO segments (last_pos, first_pos, stream, first_seq, last_seq, json) VALUES (?, ?, ?, ?, ?, ?)',
    segments_after:
      'SELECT first_pos, first_seq, stream, json FROM segments WHERE stream = ? AND last_seq > ? ORDER BY last_seq LIMIT ?',
    segments_after_pos:
      'SELECT first_pos, first_seq, stream, json FROM segments WHERE last_pos > ? AND stream GLOB ? ORDER BY last_pos LIMIT ?',
    last_seq: 'SELECT max(last_seq) AS seq FROM segments WHERE stream = ?',
    last_pos: 'SELECT max(last_pos) AS pos FROM segments',
  },
};
