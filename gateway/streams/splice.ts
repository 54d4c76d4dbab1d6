/**
 * Joins what was (pages read from the log) and what is (events as they happen) into one stream for one reader: every stored
 * event after a given number exactly once, in order. Pure: who reads the log, and when, is the watcher's affair.
 *
 * While it replays, live events are held back; when they take more than the budget they are let go and read from the log
 * later, because everything with a number is there. A gap in a live stream sends it back to the log in the same way.
 */
import type { Frame } from './frame.js';
import type { Outgoing } from './outbox.js';

export interface SpliceOptions {
  /** Whether numbers follow each other without gaps (`seq` does, `pos` does not). */
  readonly contiguous: boolean;
  /** Bytes of live events that may be held back during a replay. */
  readonly holdBytes: number;
}

export class Splice {
  readonly #options: SpliceOptions;
  /** Number of the last event given out. */
  #cursor = 0;
  /** The log must be read at least up to this number before live events can follow. */
  #readUntil = 0;
  /** What {@link #readUntil} was at the last question: an empty page says that the log has nothing up to here, and no more than that. */
  #askedUntil = 0;
  /** Highest number known to be stored. */
  #newest = 0;
  #isReplaying = true;
  #held: Frame[] = [];
  #heldBytes = 0;
  #moments = new Map<string, Outgoing>();

  constructor(options: SpliceOptions) {
    this.#options = options;
  }

  get isLive(): boolean {
    return !this.#isReplaying;
  }

  /** Asks for the next page: the events of the log above the number that comes back. */
  ask(): number {
    this.#askedUntil = this.#readUntil;
    return this.#cursor;
  }

  /** Whether a replay needs the log at all. */
  get needsLog(): boolean {
    return this.#isReplaying && this.#cursor < this.#readUntil;
  }

  /** Number of the last event given out. */
  get cursor(): number {
    return this.#cursor;
  }

  /** Highest number known to be stored. */
  get newest(): number {
    return this.#newest;
  }

  /**
   * Sets where the stream begins. Live events that came before are held.
   * @param after the last number the reader has; one that is not stored yet counts as the newest
   * @param last the newest stored number when live events began to come
   */
  begin(after: number, last: number): void {
    this.#newest = Math.max(this.#newest, last);
    this.#readUntil = Math.max(this.#readUntil, last);
    this.#cursor = Math.min(after, this.#newest);
    this.#isReplaying = true;
  }

  /** Goes back (or forward) to `after`, and reads from there again. */
  restart(after: number): void {
    this.#held = [];
    this.#heldBytes = 0;
    this.begin(after, this.#newest);
  }

  /** An event that happens now. Returns what to give out. */
  live(frame: Frame): Outgoing[] {
    const { number } = frame;
    if (number === undefined) {
      if (!this.#isReplaying) return [{ frame, merged: 0 }];
      this.#holdMoment(frame);
      return [];
    }
    this.#newest = Math.max(this.#newest, number);
    if (this.#isReplaying) {
      this.#hold(frame, number);
      return [];
    }
    if (number <= this.#cursor) return [];
    if (this.#options.contiguous && number > this.#cursor + 1) {
      this.#isReplaying = true;
      this.#readUntil = number - 1;
      this.#hold(frame, number);
      return [];
    }
    this.#cursor = number;
    return [{ frame, merged: 0 }];
  }

  /** The page that was asked for, oldest event first; an empty one says that there are no more. */
  page(frames: readonly Frame[]): Outgoing[] {
    const out: Outgoing[] = [];
    for (const frame of frames) this.#give(frame, out);
    const emptyUntil = frames.length === 0 ? this.#askedUntil : this.#cursor;
    if (Math.max(this.#cursor, emptyUntil) < this.#readUntil) return out;
    for (const [at, frame] of this.#held.entries()) {
      const number = frame.number!;
      // What lies between is in the log, unless the log has just said that it is not.
      if (this.#options.contiguous && number - 1 > Math.max(this.#cursor, emptyUntil)) {
        this.#readUntil = number - 1;
        this.#held = this.#held.slice(at);
        this.#heldBytes = sizeOf(this.#held);
        return out;
      }
      this.#give(frame, out);
    }
    out.push(...this.#moments.values());
    this.#held = [];
    this.#heldBytes = 0;
    this.#moments = new Map();
    this.#isReplaying = false;
    return out;
  }

  /** Ends a replay that has nothing to read: gives out what was held. */
  catchUp(): Outgoing[] {
    return this.page([]);
  }

  #give(frame: Frame, out: Outgoing[]): void {
    const { number } = frame;
    if (number === undefined || number <= this.#cursor) return;
    this.#cursor = number;
    this.#newest = Math.max(this.#newest, number);
    out.push({ frame, merged: 0 });
  }

  #hold(frame: Frame, number: number): void {
    this.#held.push(frame);
    this.#heldBytes += frame.bytes.byteLength;
    if (this.#heldBytes <= this.#options.holdBytes) return;
    this.#held = [];
    this.#heldBytes = 0;
    this.#readUntil = number;
  }

  #holdMoment(frame: Frame): void {
    const key = frame.mergeKey ?? frame.type;
    const older = this.#moments.get(key);
    // Deleted first, so that the order of the map stays that of the newest events.
    this.#moments.delete(key);
    this.#moments.set(key, { frame, merged: older === undefined ? 0 : older.merged + 1 });
  }
}

function sizeOf(frames: readonly Frame[]): number {
  return frames.reduce((sum, frame) => sum + frame.bytes.byteLength, 0);
}
