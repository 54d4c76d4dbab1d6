/** Where the events of the log are kept: on the disk, or in this process. */
import type { Operation } from '../store/database.js';
import type { Store } from '../store/store.js';
import { LoggedEvent } from './stream-event.js';

export interface Journal {
  /** Whether events are written as text: what JSON cannot hold is refused when it is added. */
  readonly written: boolean;
  /** Keeps events and what belongs to them, all or nothing. */
  commit(events: readonly LoggedEvent[], along: readonly Operation[]): Promise<void> | undefined;
  read(stream: string, afterSeq: number, limit: number): Promise<LoggedEvent[]>;
  /** Of every stream whose name begins so. */
  readAll(prefix: string, afterPos: number, limit: number): Promise<LoggedEvent[]>;
  lastSeq(stream: string): Promise<number>;
  lastPos(): Promise<number>;
  /** No further event of the stream will come. */
  ended(stream: string): void;
  /** Or it will, after all. */
  reopened(stream: string): void;
}

/** Longest text of a row, in characters, unless a single event is longer. */
const SEGMENT_LENGTH = 65_536;

/** Rows that a read fetches at once. */
const ROWS = 64;

export class StoreJournal implements Journal {
  readonly written = true;
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  commit(events: readonly LoggedEvent[], along: readonly Operation[]): Promise<void> {
    return this.#store.commit([...segmentsOf(events), ...along], { ordered: true });
  }

  read(stream: string, afterSeq: number, limit: number): Promise<LoggedEvent[]> {
    return this.#collect(
      limit,
      afterSeq,
      ({ seq }) => seq,
      (after) => ['segments_after', [stream, after, ROWS]],
    );
  }

  readAll(prefix: string, afterPos: number, limit: number): Promise<LoggedEvent[]> {
    return this.#collect(
      limit,
      afterPos,
      ({ pos }) => pos,
      (after) => ['segments_after_pos', [after, `${prefix}*`, ROWS]],
    );
  }

  async lastSeq(stream: string): Promise<number> {
    const [row] = await this.#store.query('last_seq', [stream]);
    return Number(row?.['seq'] ?? 0);
  }

  async lastPos(): Promise<number> {
    const [row] = await this.#store.query('last_pos');
    return Number(row?.['pos'] ?? 0);
  }

  ended(): void {}

  reopened(): void {}

  async #collect(
    limit: number,
    after: number,
    numberOf: (event: LoggedEvent) => number,
    query: (after: number) => [statement: string, parameters: (string | number)[]],
  ): Promise<LoggedEvent[]> {
    const events: LoggedEvent[] = [];
    let last = after;
    for (;;) {
      const rows = await this.#store.query(...query(last));
      for (const row of rows) {
        const [stream, seq, pos] = [String(row['stream']), Number(row['first_seq']), Number(row['first_pos'])];
        for (const [place, json] of String(row['json']).split('\n').entries()) {
          const event = LoggedEvent.read(stream, seq + place, pos + place, json);
          last = Math.max(last, numberOf(event));
          if (numberOf(event) <= after) continue;
          events.push(event);
          if (events.length === limit) return events;
        }
      }
      if (rows.length < ROWS) return events;
    }
  }
}

/** Events of one stream that follow each other lie in one row, up to a length. */
function segmentsOf(events: readonly LoggedEvent[]): Operation[] {
  const operations: Operation[] = [];
  for (let from = 0; from < events.length; ) {
    const first = events[from]!;
    const lines = [first.json];
    let length = first.json.length;
    let to = from + 1;
    for (; to < events.length && events[to]!.stream === first.stream && length < SEGMENT_LENGTH; to++) {
      lines.push(events[to]!.json);
      length += events[to]!.json.length;
    }
    const last = events[to - 1]!;
    operations.push({
      statement: 'append_segment',
      parameters: [last.pos, first.pos, first.stream, first.seq, last.seq, lines.join('\n')],
    });
    from = to;
  }
  return operations;
}

/** Streams that have ended and are still kept, and their events: the older ones are forgotten. */
const ENDED_STREAMS = 100;
const ENDED_EVENTS = 100_000;

/** Forgets everything with its process, and streams that ended long ago before. */
export class MemoryJournal implements Journal {
  readonly written = false;
  readonly #store: Store;
  readonly #streams = new Map<string, LoggedEvent[]>();
  readonly #ended = new Set<string>();
  #pos = 0;

  /** @param store for what belongs to events */
  constructor(store: Store) {
    this.#store = store;
  }

  commit(events: readonly LoggedEvent[], along: readonly Operation[]): Promise<void> | undefined {
    const keep = (): void => {
      for (const event of events) {
        const known = this.#streams.get(event.stream);
        if (known) known.push(event);
        else this.#streams.set(event.stream, [event]);
        this.#pos = Math.max(this.#pos, event.pos);
      }
    };
    if (along.length > 0) return this.#store.commit(along, { ordered: true }).then(keep);
    keep();
    return undefined;
  }

  async read(stream: string, afterSeq: number, limit: number): Promise<LoggedEvent[]> {
    // Numbers count from 1 without gaps.
    return (this.#streams.get(stream) ?? []).slice(afterSeq, afterSeq + limit);
  }

  async readAll(prefix: string, afterPos: number, limit: number): Promise<LoggedEvent[]> {
    const found = [...this.#streams].flatMap(([stream, events]) =>
      stream.startsWith(prefix) ? events.filter(({ pos }) => pos > afterPos) : [],
    );
    return found.sort((a, b) => a.pos - b.pos).slice(0, limit);
  }

  async lastSeq(stream: string): Promise<number> {
    return this.#streams.get(stream)?.length ?? 0;
  }

  async lastPos(): Promise<number> {
    return this.#pos;
  }

  reopened(stream: string): void {
    this.#ended.delete(stream);
  }

  ended(stream: string): void {
    this.#ended.delete(stream);
    this.#ended.add(stream);
    let events = 0;
    for (const kept of this.#ended) events += this.#streams.get(kept)?.length ?? 0;
    for (const oldest of this.#ended) {
      // The one that has just ended may be read, however long it is.
      if (oldest === stream || (this.#ended.size <= ENDED_STREAMS && events <= ENDED_EVENTS)) break;
      events -= this.#streams.get(oldest)?.length ?? 0;
      this.#ended.delete(oldest);
      this.#streams.delete(oldest);
    }
  }
}
