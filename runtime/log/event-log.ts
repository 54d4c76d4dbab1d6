/**
 * The one log: everything that changes the state of a run or a job is an event with a number. Stream, history, replay and
 * recovery are this log, so an event reaches nobody before it is committed.
 */
import { RuntimeError } from '../errors.js';
import type { Operation } from '../store/database.js';
import type { Store } from '../store/store.js';
import { type Journal, MemoryJournal, StoreJournal } from './journal.js';
import { LoggedEvent, type StreamEvent } from './stream-event.js';

export type { StreamEvent };

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
  /** The group of its newest event. */
  group?: Group;
}

/** An event that waits for its commit, and what must be on the disk with it. */
interface Added {
  readonly event: LoggedEvent;
  readonly open: Stream;
  readonly along: readonly Operation[];
}

/** What was added in one turn: it is committed together. */
interface Group {
  readonly added: Added[];
  /** Resolves when it is settled, be it committed or not. */
  readonly settled: Promise<void>;
  settle(): void;
}

export class EventLog {
  readonly #journal: Journal;
  readonly #now: () => number;
  readonly #streams = new Map<string, Stream>();
  readonly #patterns = new Map<string, Set<Listener>>();
  #pos: number;
  #committedPos: number;
  #broken: RuntimeError | undefined;
  /** What is added now. */
  #group: Group | undefined;
  #committing = false;
  #clock = { now: Number.NaN, text: '' };

  private constructor(journal: Journal, pos: number, now: () => number) {
    this.#journal = journal;
    this.#pos = pos;
    this.#committedPos = pos;
    this.#now = now;
  }

  /** @param kept where: on the disk, or in this process alone, where nothing of it is left after its end */
  static async open(
    store: Store,
    now: () => number = Date.now,
    kept: 'durable' | 'memory' = 'durable',
  ): Promise<EventLog> {
    const journal = kept === 'durable' ? new StoreJournal(store) : new MemoryJournal(store);
    return new EventLog(journal, await journal.lastPos(), now);
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
    this.#journal.reopened(stream);
    const open = this.#streams.get(stream);
    if (open) {
      open.ended = false;
      return;
    }
    const last = await this.#journal.lastSeq(stream);
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
    this.#journal.ended(stream);
    for (const end of open.enders) end();
    this.#letGo(stream, open);
  }

  #letGo(stream: string, open: Stream): void {
    if (open.ended && open.listeners.size === 0 && open.committed === open.assigned) this.#streams.delete(stream);
  }

  /**
   * Adds an event, together with whatever else must be on the disk with it. It is committed with all that is added in this turn, and its
   * listeners get it then; {@link committed} waits for that.
   * @param fields plain data. What JSON does not keep as it is, a listener of this process gets as JSON has it, unless it is told `kept`:
   * that JSON keeps it, and that nobody changes it any more
   * @throws RuntimeError `store_failed` once the log has stopped, or for a stream that is not open; TypeError for what JSON cannot hold
   */
  add(stream: string, type: string, fields: object, along: readonly Operation[] = [], kept = false): StreamEvent {
    if (this.#broken) throw this.#broken;
    const open = this.#streams.get(stream);
    if (!open) throw new RuntimeError('store_failed', `the stream ${stream} is not open`);
    const event = this.#event(stream, open, type, fields, kept);
    open.assigned = event.seq;
    this.#group ??= this.#newGroup();
    this.#group.added.push({ event, open, along });
    open.group = this.#group;
    return event;
  }

  /** Adds an event, and resolves after its commit, when its listeners have it. @throws RuntimeError as {@link add} and {@link committed} do */
  async append(
    stream: string,
    type: string,
    fields: object,
    along: readonly Operation[] = [],
    kept = false,
  ): Promise<StreamEvent> {
    const event = this.add(stream, type, fields, along, kept);
    const open = this.#streams.get(stream)!;
    await open.group!.settled;
    // A number was given out, and its event is lost.
    if (open.committed < event.seq!) throw this.#broken!;
    return event;
  }

  /** Resolves when everything added to a stream so far is on the disk. @throws RuntimeError `store_failed` if any of it is not */
  async committed(stream: string): Promise<void> {
    const open = this.#streams.get(stream);
    const last = open?.assigned ?? 0;
    await open?.group?.settled;
    if (open && open.committed < last) throw this.#broken!;
  }

  #event(stream: string, open: Stream, type: string, fields: object, kept: boolean): LoggedEvent {
    const envelope = { type, seq: open.assigned + 1, ts: this.#timestamp(), idField: open.idField, stream };
    if (!this.#journal.written) {
      // A copy as the disk would give it back, where nobody has promised that it is one already.
      return LoggedEvent.of(
        envelope,
        kept ? { ...fields } : (JSON.parse(JSON.stringify(fields)) as Record<string, unknown>),
      );
    }
    // Before a number is given out: what JSON cannot hold must not leave a gap.
    const body = JSON.stringify(fields).slice(1);
    const head = `{"type":${JSON.stringify(type)},"seq":${envelope.seq},"ts":"${envelope.ts}","${open.idField}":${JSON.stringify(stream)}`;
    const json = `${head}${body === '}' ? '' : ','}${body}`;
    return kept ? LoggedEvent.of(envelope, { ...fields }, json) : LoggedEvent.written(envelope, json);
  }

  #timestamp(): string {
    const now = this.#now();
    if (now !== this.#clock.now) this.#clock = { now, text: new Date(now).toISOString() };
    return this.#clock.text;
  }

  #newGroup(): Group {
    let settle!: () => void;
    const settled = new Promise<void>((resolve) => {
      settle = resolve;
    });
    // From here to the end of this turn everything joins the same group; while one is being committed, the next one grows.
    if (!this.#committing) queueMicrotask(() => void this.#drain());
    return { added: [], settled, settle };
  }

  async #drain(): Promise<void> {
    if (this.#committing) return;
    this.#committing = true;
    while (this.#group) {
      const group = this.#group;
      this.#group = undefined;
      // Events of one stream behind each other, so that they share rows; a stream's own order stays.
      const added = byStream(group.added);
      for (const { event } of added) event.pos = ++this.#pos;
      try {
        await this.#commit(added);
      } catch (error) {
        await this.#commitSingly(added, error);
      }
      group.settle();
    }
    this.#committing = false;
  }

  async #commit(added: readonly Added[]): Promise<void> {
    if (this.#broken) throw this.#broken;
    const along = added.some((one) => one.along.length > 0) ? added.flatMap((one) => one.along) : [];
    const stored = this.#journal.commit(
      added.map(({ event }) => event),
      along,
    );
    if (stored) await stored;
    for (const { event, open } of added) {
      open.committed = event.seq;
      this.#committedPos = event.pos;
      this.#deliver(open, event);
    }
    for (const { event, open } of added) if (open.ended) this.#letGo(event.stream, open);
  }

  /** One that cannot be stored must not take those before it with it. Behind it there would be a gap: the log stops. */
  async #commitSingly(added: readonly Added[], error: unknown): Promise<void> {
    let reason = error;
    if (added.length > 1 && !this.#broken) {
      for (const one of added) {
        try {
          await this.#commit([one]);
        } catch (failure) {
          reason = failure;
          break;
        }
      }
    }
    this.#broken ??= new RuntimeError('store_failed', `the event log has stopped: ${(reason as Error).message}`, {
      cause: reason,
    });
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
    const last = await this.#journal.lastSeq(stream);
    onEnd?.();
    return { last, unsubscribe: () => undefined };
  }

  /** Stored events with a number above `after`, oldest first: `seq` of one stream, `pos` of a pattern. */
  read(stream: string | StreamPattern, after: number, limit: number): Promise<StreamEvent[]> {
    return stream.endsWith('*')
      ? this.#journal.readAll(stream.slice(0, -1), after, limit)
      : this.#journal.read(stream, after, limit);
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

/** The same, those of each stream together, the streams in the order of their first. */
function byStream(added: readonly Added[]): readonly Added[] {
  const first = added[0]!.open;
  if (added.every(({ open }) => open === first)) return added;
  const streams = new Map<Stream, Added[]>();
  for (const one of added) {
    const known = streams.get(one.open);
    if (known) known.push(one);
    else streams.set(one.open, [one]);
  }
  return [...streams.values()].flat();
}
