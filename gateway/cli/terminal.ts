/** Lines that are drawn anew in place at the end of a terminal, with the lasting ones above them. */
import type { Clock, Output } from './surroundings.js';
import { cutTo } from './text-width.js';

/** No more than about 15 drawings a second. */
const LEAST_INTERVAL_MS = 66;

/** Durations count on even when nothing else changes. */
const TICK_MS = 1000;

const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

export interface LiveOptions {
  /** The lines as they should stand now. */
  readonly lines: () => readonly string[];
  readonly output: Output;
  readonly clock: Clock;
}

export class LiveLines {
  readonly #options: LiveOptions;
  /** Lines above the cursor that belong to us. */
  #drawn = 0;
  /** Lasting lines that wait for the next drawing. */
  #above = '';
  #drawnAt = Number.NEGATIVE_INFINITY;
  #cancelDue: (() => void) | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #stopped = false;

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  /** Something changed: draws now, or as soon as the interval allows. */
  changed(): void {
    if (this.#stopped) return;
    this.#drawBy(Math.max(this.#options.clock.now(), this.#drawnAt + LEAST_INTERVAL_MS));
  }

  /** Prints lasting lines above the others, with the next drawing: a thousand in one moment cost one. */
  print(lines: readonly string[]): void {
    this.#above += lines.map((line) => `${line}${CLEAR_LINE}\n`).join('');
    if (this.#stopped) this.#finish();
    else this.changed();
  }

  /** Removes the live lines, prints the lasting ones that wait, and draws no more. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#cancelDue?.();
    this.#finish();
  }

  #drawBy(due: number): void {
    if (this.#cancelDue !== undefined && this.#dueAt <= due) return;
    const { clock } = this.#options;
    this.#cancelDue?.();
    this.#cancelDue = undefined;
    const wait = due - clock.now();
    if (wait <= 0) {
      this.#draw();
      return;
    }
    this.#dueAt = due;
    this.#cancelDue = clock.after(wait, () => {
      this.#cancelDue = undefined;
      this.#draw();
    });
  }

  #draw(): void {
    const { output, clock } = this.#options;
    const columns = (output.columns ?? 80) - 1;
    const room = Math.max(1, (output.rows ?? 24) - 1);
    const lines = this.#options.lines();
    // More lines than the screen has cannot be reached again by the cursor.
    const shown = lines.length > room ? [...lines.slice(0, room - 1), `… and ${lines.length - room + 1} more`] : lines;
    const below = shown.map((line) => `${cutTo(line, columns)}${CLEAR_LINE}\n`).join('');
    const text = `${this.#home()}${this.#above}${below}`;
    this.#above = '';
    this.#drawn = shown.length;
    this.#drawnAt = clock.now();
    if (text !== '') output.write(`${text}${CLEAR_BELOW}`);
    if (shown.length > 0) this.#drawBy(clock.now() + TICK_MS);
  }

  #finish(): void {
    const text = `${this.#home()}${this.#above}`;
    if (text !== '') this.#options.output.write(`${text}${CLEAR_BELOW}`);
    this.#above = '';
    this.#drawn = 0;
  }

  #home(): string {
    return this.#drawn === 0 ? '' : `\r\u001b[${this.#drawn}A`;
  }
}
