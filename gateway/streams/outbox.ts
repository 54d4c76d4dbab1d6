/**
 * What waits for one slow socket. Stored events wait in order and are never dropped; of events of the moment with equal keys
 * only the newest waits, and says with `merged` how many others it stands for. Pure: knows no socket.
 */
import type { Frame } from './frame.js';
import { spliceField } from './splice-field.js';

export interface Outgoing {
  readonly frame: Frame;
  /** Events of the moment that this one replaces, 0 for none. */
  readonly merged: number;
}

export class Outbox {
  readonly #budget: number;
  readonly #waiting = new Map<number, Outgoing>();
  /** Place in `#waiting` of the newest event of the moment, by key. */
  readonly #newest = new Map<string, number>();
  #next = 0;
  #bytes = 0;

  /** @param budget bytes that may wait */
  constructor(budget: number) {
    this.#budget = budget;
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds an event at the end. `false` when more than the budget waits: the socket must be given up. */
  push({ frame, merged }: Outgoing): boolean {
    const key = frame.mergeKey;
    let replaced = merged;
    if (key !== undefined) {
      const place = this.#newest.get(key);
      const older = place === undefined ? undefined : this.#waiting.get(place);
      if (place !== undefined && older !== undefined) {
        replaced += older.merged + 1;
        this.#waiting.delete(place);
        this.#bytes -= older.frame.bytes.byteLength;
      }
      this.#newest.set(key, this.#next);
    }
    this.#waiting.set(this.#next, { frame, merged: replaced });
    this.#next += 1;
    this.#bytes += frame.bytes.byteLength;
    return this.#bytes <= this.#budget;
  }

  /** Takes the oldest event out, as the bytes to send. */
  shift(): Uint8Array | undefined {
    for (const [place, { frame, merged }] of this.#waiting) {
      this.#waiting.delete(place);
      if (frame.mergeKey !== undefined) this.#newest.delete(frame.mergeKey);
      this.#bytes -= frame.bytes.byteLength;
      return merged === 0 ? frame.bytes : Buffer.from(spliceField(frame.json, 'merged', merged));
    }
    return undefined;
  }

  clear(): void {
    this.#waiting.clear();
    this.#newest.clear();
    this.#bytes = 0;
  }
}
