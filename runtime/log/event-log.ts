/**
 * The one log: everything that changes the state of a run or a job is an event with a number. Stream, history, replay and
 * recovery are this log, so an event reaches nobody before it is committed.
 */
import { RuntimeError } from '../errors.js';
import type { Operation, Row } from '../store/database.js';
import type { Store } from '../store/store.js';

/** An event on its way to whoever listens. `json` is the whole event, serialised once. */
export interface StreamEvent {
  /** The run's or the job's id. */
  readonly stream: string;
  /** Number within the stream, from 1, without gaps. Absent for an event of the moment. */
  readonly seq?: number;
  /** Number across all streams, rising. Absent for an event of the moment. */
  readonly pos?: number;
  readonly type: string;
  readonly json: string;
  /**
   * For events of the moment: a listener that cannot keep up may keep only the newest of those with the same key. Default:
   * the type. It is given where one type speaks of several things (two training nodes of one run).
   */
  readonly mergeKey?: string;
}

export type Listener = (event: StreamEvent) => void;

export interface Subscription {
  /** Number of the newest committed event when the subscription began: the listener gets every later one. */
  readonly last: number;
  unsubscribe(): void;
}

/** Streams by the beginning of their name: `job_*` for every job. */
export type StreamPattern = `${string}*`;

interface Stream {
  /** Number of the newest event that was handed out. */
  assigned: number;
  /** Number of the newest event that is on the disk. */
  committed: number;
  /** What follows from its id: the field that carries it. */
  readonly idField: string;
  readonly listeners: Set<Listener>;
  /** Told when no further event will come. */
  readonly enders: Set<() => void>;
  /** No further event will come: it is let go of when nobody listens any more. */
  ended: boolean;
  /** Settles with the newest event that was added without waiting. */
  added?: Promise<void>;
  failure?: unknown;
}

export class EventLog {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #streams = new Map<string, Stream>();
  readonly #patterns = new Map<string, Set<Listener>>();
  #pos: number;
  #committedPos: number;
  #broken: RuntimeError | undefined;

  private constructor(store: Store, pos: number, now: () => number) {
    this.#store = store;
    this.#pos = pos;
    this.#committedPos = pos;
    this.#now = now;
  }

  static async open(store: Store, now: () => number = Date.now): Promise<EventLog> {
    const [row] = await store.query('last_pos');
    return new EventLog(store, Number(row?.['pos'] ?? 0), now);
  }

  /** Begins a stream that has no events yet. `idField` is the name under which its id stands in every event. */
  create(stream: string, idField: 'run_id' | 'job_id'): void {
    if (this.#streams.has(stream)) throw new RuntimeError('name_taken', `the stream ${stream} exists already`);
    this.#streams.set(stream, {
      assigned: 0,
      committed: 0,
      idField,
      listeners: new Set(),
      enders: new Set(),
      ended: false,
    });
  }

  /** Continues a stream of an earlier process. */
  async reopen(stream: string, idField: 'run_id' | 'job_id'): Promise<void> {
    const open = this.#streams.get(stream);
    if (open) {
      open.ended = false;
      return;
    }
    const [row] = await this.#store.query('last_seq', [stream]);
    const last = Number(row?.['seq'] ?? 0);
    this.#streams.set(stream, {
      assigned: last,
      committed: last,
      idField,
      listeners: new Set(),
      enders: new Set(),
      ended: false,
    });
  }

  /** A stream ends here. Its events stay, and its listeners are kept as long as they listen. */
  close(stream: string): void {
    const open = this.#streams.get(stream);
    if (!open) return;
    open.ended = true;
    for (const end of open.enders) end();
    this.#letGo(stream, open);
  }

  #letGo(stream: string, open: Stream): void {
    if (open.ended && open.listeners.size === 0 && open.committed === open.assigned) this.#streams.delete(stream);
  }

  /**
   * Adds an event, together with whatever else must be on the disk with it. Resolves after the commit, with the event;
   * by then its listeners have it.
   */
  async append(stream: string, type: string, fields: object, along: readonly Operation[] = []): Promise<StreamEvent> {
    if (this.#broken) throw this.#broken;
    const open = this.#streams.get(stream);
    if (!open) throw new RuntimeError('store_failed', `the stream ${stream} is not open`);
    // Before a number is given out: what JSON cannot hold must not leave a gap.
    const body = JSON.stringify(fields).slice(1);
    const seq = ++open.assigned;
    const pos = ++this.#pos;
    const head = JSON.stringify({ type, seq, ts: new Date(this.#now()).toISOString(), [open.idField]: stream });
    const json = `${head.slice(0, -1)}${body === '}' ? '' : ','}${body}`;
    const event: StreamEvent = { stream, seq, pos, type, json };
    try {
      await this.#store.commit([{ statement: 'append_event', parameters: [pos, stream, seq, type, json] }, ...along], {
        ordered: true,
      });
    } catch (error) {
      // A number was given out and its event is lost: to go on would leave a gap in the log.
      this.#broken ??= new RuntimeError('store_failed', `the event log has stopped: ${(error as Error).message}`, {
        cause: error,
      });
      throw this.#broken;
    }
    open.committed = seq;
    this.#committedPos = Math.max(this.#committedPos, pos);
    this.#deliver(open, event);
    return event;
  }

  /**
   * Adds an event as {@link append} does, without waiting for its commit: {@link committed} does that for all of a stream.
   * @throws RuntimeError `store_failed` once the log has stopped
   */
  add(stream: string, type: string, fields: object, along: readonly Operation[] = []): void {
    if (this.#broken) throw this.#broken;
    const open = this.#streams.get(stream);
    const added = this.append(stream, type, fields, along).then(
      () => undefined,
      (error: unknown) => {
        if (open) open.failure ??= error;
      },
    );
    if (open) open.added = added;
  }

  /** Resolves when everything added to a stream so far is on the disk. @throws RuntimeError `store_failed` if any of it is not */
  async committed(stream: string): Promise<void> {
    const open = this.#streams.get(stream);
    await open?.added;
    if (open?.failure !== undefined) throw open.failure;
  }

  /** Sends an event of the moment: not stored, not numbered, never replayed. */
  announce(stream: string, type: string, fields: object, mergeKey?: string): void {
    const open = this.#streams.get(stream);
    if (!open || !this.#hasListeners(stream, open)) return;
    const json = JSON.stringify({ type, ts: new Date(this.#now()).toISOString(), [open.idField]: stream, ...fields });
    this.#deliver(open, { stream, type, json, ...(mergeKey !== undefined && { mergeKey }) });
  }

  /** @throws RuntimeError `store_failed` once the log has stopped */
  assertWritable(): void {
    if (this.#broken) throw this.#broken;
  }

  /**
   * Gives every later event of a stream, or of all streams that match `prefix*`, to the listener, in order.
   * @param onEnd called when no further event of the stream will come, be it that its last one could not be written
   */
  async subscribe(stream: string | StreamPattern, listener: Listener, onEnd?: () => void): Promise<Subscription> {
    if (stream.endsWith('*')) {
      const listeners = this.#patterns.get(stream) ?? new Set();
      this.#patterns.set(stream, listeners);
      listeners.add(listener);
      const unsubscribe = (): void => {
        listeners.delete(listener);
        if (listeners.size === 0) this.#patterns.delete(stream);
      };
      return { last: this.#committedPos, unsubscribe };
    }
    const open = this.#streams.get(stream);
    if (open) {
      open.listeners.add(listener);
      if (onEnd) open.enders.add(onEnd);
      const unsubscribe = (): void => {
        open.listeners.delete(listener);
        if (onEnd) open.enders.delete(onEnd);
        this.#letGo(stream, open);
      };
      return { last: open.committed, unsubscribe };
    }
    // A stream that is not open has ended: there is only its past.
    const [row] = await this.#store.query('last_seq', [stream]);
    onEnd?.();
    return { last: Number(row?.['seq'] ?? 0), unsubscribe: () => undefined };
  }

  /** Stored events with a number above `after`, oldest first: `seq` of one stream, `pos` of a pattern. */
  async read(stream: string | StreamPattern, after: number, limit: number): Promise<StreamEvent[]> {
    const statement = stream.endsWith('*') ? 'events_after_pos' : 'events_after';
    return (await this.#store.query(statement, [stream, after, limit])).map(toEvent);
  }

  #hasListeners(stream: string, open: Stream): boolean {
    if (open.listeners.size > 0) return true;
    for (const pattern of this.#patterns.keys()) if (stream.startsWith(pattern.slice(0, -1))) return true;
    return false;
  }

  #deliver(open: Stream, event: StreamEvent): void {
    for (const listener of open.listeners) listener(event);
    for (const [pattern, listeners] of this.#patterns) {
      if (event.stream.startsWith(pattern.slice(0, -1))) for (const listener of listeners) listener(event);
    }
  }
}

function toEvent(row: Row): StreamEvent {
  return {
    stream: String(row['stream']),
    seq: Number(row['seq']),
    pos: Number(row['pos']),
    type: String(row['type']),
    json: String(row['json']),
  };
}
