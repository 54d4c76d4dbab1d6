/** Streams one run, one job or all jobs to one reader: reads the log at the reader's pace, then passes on what happens. */
import type { EventBackend } from '../backend.js';
import type { Limits } from '../defaults.js';
import { ALL_STREAMS, type Frame, frameOf } from './frame.js';
import type { Membership, StreamHub } from './hub.js';
import type { Outgoing } from './outbox.js';
import { Splice } from './splice.js';

/** Where events go. */
export interface Sink {
  send(outgoing: Outgoing): void;
  /** Resolves when nothing waits any more, or when the reader has gone. */
  drained(): Promise<void>;
}

export interface WatcherOptions {
  readonly stream: string;
  readonly events: EventBackend;
  readonly hub: StreamHub;
  readonly limits: Pick<Limits, 'replayPage' | 'socketBytes' | 'socketHighWater'>;
  readonly sink: Sink;
  /** Types of events after which the stream is over, once nothing newer is stored. */
  readonly ends?: ReadonlySet<string>;
  readonly onEnd?: () => void;
  /** The log or the subscription failed; the stream cannot go on. */
  readonly onError: (error: unknown) => void;
}

export class Watcher {
  readonly #options: WatcherOptions;
  readonly #splice: Splice;
  #membership: Membership | undefined;
  #isClosed = false;
  #isStarted = false;
  #isReading = false;
  #hasFailed = false;
  /** Counts restarts: a page that was asked for before one is not used after it. */
  #restarts = 0;
  /** Type of the last stored event given out since the start. */
  #lastType: string | undefined;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#splice = new Splice({
      contiguous: options.stream !== ALL_STREAMS,
      holdBytes: options.limits.socketBytes / 2,
    });
  }

  /**
   * Begins to hold the stream's events; nothing is given out before {@link start}.
   * @param after the last number the reader has; `undefined` for one that wants only what happens from now on
   */
  async open(after: number | undefined): Promise<void> {
    const { hub, stream } = this.#options;
    const membership = await hub.join(stream, (frame) => this.#live(frame));
    if (this.#isClosed) {
      membership.leave();
      return;
    }
    this.#membership = membership;
    this.#splice.begin(after ?? membership.last, membership.last);
  }

  /** Gives out what came after the number, and goes on live. Called again, it goes back to that number. */
  start(after?: number): void {
    if (this.#isClosed) return;
    this.#isStarted = true;
    if (after !== undefined) {
      this.#splice.restart(after);
      this.#restarts += 1;
      this.#lastType = undefined;
    }
    this.#read();
  }

  get isStarted(): boolean {
    return this.#isStarted;
  }

  close(): void {
    this.#isClosed = true;
    this.#membership?.leave();
    this.#membership = undefined;
  }

  #live(frame: Frame): void {
    if (this.#isClosed) return;
    this.#giveOut(this.#splice.live(frame));
    if (this.#splice.isLive) this.#endIfOver();
    else if (this.#isStarted) this.#read();
  }

  #read(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    this.#replay()
      .catch((error: unknown) => {
        this.#hasFailed = true;
        if (!this.#isClosed) this.#options.onError(error);
      })
      .finally(() => {
        this.#isReading = false;
        // A gap may have opened after the last look: nobody else would read it.
        if (!this.#isClosed && !this.#hasFailed && !this.#splice.isLive) this.#read();
      });
  }

  async #replay(): Promise<void> {
    const { events, stream, limits, sink } = this.#options;
    for (;;) {
      await sink.drained();
      if (this.#isClosed || this.#splice.isLive) break;
      if (!this.#splice.needsLog) {
        this.#giveOut(this.#splice.catchUp());
        continue;
      }
      const restarts = this.#restarts;
      const page = await events.read(stream, this.#splice.ask(), limits.replayPage);
      const frames = page.map((event) => frameOf(event, stream));
      for (const slice of slicesOf(frames, limits.socketHighWater)) {
        await sink.drained();
        if (this.#isClosed || restarts !== this.#restarts) break;
        this.#giveOut(this.#splice.page(slice));
      }
    }
    if (!this.#isClosed) await this.#endIfAlreadyOver();
  }

  #giveOut(outgoing: readonly Outgoing[]): void {
    for (const one of outgoing) {
      if (this.#isClosed) return;
      if (one.frame.number !== undefined) this.#lastType = one.frame.type;
      this.#options.sink.send(one);
    }
  }

  #endIfOver(): void {
    const { ends, onEnd } = this.#options;
    if (this.#lastType !== undefined && ends?.has(this.#lastType)) onEnd?.();
  }

  /** A reader that has everything already gets nothing more: then the event it saw last tells whether the stream is over. */
  async #endIfAlreadyOver(): Promise<void> {
    const { events, stream, ends } = this.#options;
    const { cursor } = this.#splice;
    if (this.#lastType === undefined && ends !== undefined && cursor > 0) {
      const [seen] = await events.read(stream, cursor - 1, 1);
      this.#lastType ??= seen?.type;
    }
    if (!this.#isClosed && this.#splice.isLive) this.#endIfOver();
  }
}

/** The frames in runs of about `bytes` each, so that a page of large events does not overrun a socket all at once. At least one. */
function slicesOf(frames: readonly Frame[], bytes: number): Frame[][] {
  let slice: Frame[] = [];
  const slices = [slice];
  let size = 0;
  for (const frame of frames) {
    if (size >= bytes) {
      slice = [];
      slices.push(slice);
      size = 0;
    }
    slice.push(frame);
    size += frame.bytes.byteLength;
  }
  return slices;
}
