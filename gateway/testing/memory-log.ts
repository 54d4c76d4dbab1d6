/** A log of events in memory for tests: numbers them as the real one does, and delivers to subscribers in order. */
import type { EventBackend, StreamEvent } from '../backend.js';

type Listener = (event: StreamEvent) => void;

export class MemoryLog implements EventBackend {
  readonly #stored: StreamEvent[] = [];
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #sequences = new Map<string, number>();
  /** Subscriptions made so far, by stream. */
  readonly subscriptions = new Map<string, number>();
  /** Arguments of every read so far. */
  readonly reads: { readonly stream: string; readonly after: number; readonly limit: number }[] = [];
  /** Set to hold back the answers of `read`. */
  gate: Promise<void> = Promise.resolve();
  /** Set to make `read` fail. */
  failure: Error | undefined;

  /** Streams that are watched now. */
  get watched(): string[] {
    return [...this.#listeners].filter(([, listeners]) => listeners.size > 0).map(([stream]) => stream);
  }

  /** Stores an event and delivers it. `idField` names the field that carries the stream's id. */
  append(stream: string, type: string, fields: Record<string, unknown> = {}, idField = 'job_id'): StreamEvent {
    const seq = (this.#sequences.get(stream) ?? 0) + 1;
    this.#sequences.set(stream, seq);
    const pos = this.#stored.length + 1;
    const json = JSON.stringify({ type, seq, ts: '2026-01-01T00:00:00.000Z', [idField]: stream, ...fields });
    const event: StreamEvent = { stream, seq, pos, type, json };
    this.#stored.push(event);
    this.#deliver(event);
    return event;
  }

  /** Delivers an event of the moment. */
  moment(stream: string, type: string, fields: Record<string, unknown> = {}): void {
    const json = JSON.stringify({ type, ts: '2026-01-01T00:00:00.000Z', job_id: stream, ...fields });
    this.#deliver({ stream, type, json });
  }

  async read(stream: string, after: number, limit: number): Promise<StreamEvent[]> {
    this.reads.push({ stream, after, limit });
    await this.gate;
    if (this.failure) throw this.failure;
    const matching =
      stream === 'all'
        ? this.#jobs().filter((event) => event.pos! > after)
        : this.#of(stream).filter((event) => event.seq! > after);
    return matching.slice(0, limit);
  }

  async subscribe(stream: string, listener: Listener): Promise<{ readonly last: number; unsubscribe(): void }> {
    this.subscriptions.set(stream, (this.subscriptions.get(stream) ?? 0) + 1);
    const listeners = this.#listeners.get(stream) ?? new Set();
    this.#listeners.set(stream, listeners);
    listeners.add(listener);
    const last = stream === 'all' ? this.#jobs().at(-1)?.pos : this.#of(stream).at(-1)?.seq;
    return { last: last ?? 0, unsubscribe: () => void listeners.delete(listener) };
  }

  #of(stream: string): StreamEvent[] {
    return this.#stored.filter((event) => event.stream === stream);
  }

  #jobs(): StreamEvent[] {
    return this.#stored.filter((event) => event.stream.startsWith('job_'));
  }

  #deliver(event: StreamEvent): void {
    for (const listener of [...(this.#listeners.get(event.stream) ?? [])]) listener(event);
    if (!event.stream.startsWith('job_')) return;
    for (const listener of [...(this.#listeners.get('all') ?? [])]) listener(event);
  }
}
