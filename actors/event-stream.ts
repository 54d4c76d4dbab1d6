/** The events of one run or job, from the first one on and then live: none lost, none twice, in order. */
import type { EventLog, StreamEvent } from '../runtime/index.js';
import { eventValue } from '../runtime/index.js';
import type { WireEvent } from './runtime-types.js';

const PAGE = 1000;

/** Ends after the last event of the stream, by its type. */
export function eventStream(
  log: EventLog,
  stream: string,
  isLast: (type: string) => boolean,
): AsyncIterableIterator<WireEvent> {
  return new EventStream(pagesOf(log, stream, isLast));
}

/** Events one by one out of pages: a generator would cost more for each than all else does. */
class EventStream implements AsyncIterableIterator<WireEvent> {
  readonly #pages: AsyncGenerator<readonly StreamEvent[]>;
  #page: readonly StreamEvent[] = [];
  #next = 0;
  /** The last call that waits for a page: those behind it wait for their turn. */
  #waiting: Promise<IteratorResult<WireEvent>> | undefined;

  constructor(pages: AsyncGenerator<readonly StreamEvent[]>) {
    this.#pages = pages;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<WireEvent>> {
    if (this.#waiting === undefined && this.#next < this.#page.length) return Promise.resolve(this.#take());
    const waiting = (this.#waiting ?? Promise.resolve()).then(() => this.#fromNextPage());
    this.#waiting = waiting;
    const done = (): void => {
      if (this.#waiting === waiting) this.#waiting = undefined;
    };
    waiting.then(done, done);
    return waiting;
  }

  async return(): Promise<IteratorResult<WireEvent>> {
    this.#page = [];
    this.#next = 0;
    await this.#pages.return(undefined);
    return { done: true, value: undefined };
  }

  async #fromNextPage(): Promise<IteratorResult<WireEvent>> {
    while (this.#next >= this.#page.length) {
      const { done, value } = await this.#pages.next();
      if (done) return { done: true, value: undefined };
      this.#page = value;
      this.#next = 0;
    }
    return this.#take();
  }

  #take(): IteratorResult<WireEvent> {
    const event = this.#page[this.#next]!;
    this.#next += 1;
    return { done: false, value: eventValue(event) as unknown as WireEvent };
  }
}

async function* pagesOf(
  log: EventLog,
  stream: string,
  isLast: (type: string) => boolean,
): AsyncGenerator<readonly StreamEvent[]> {
  let live: StreamEvent[] = [];
  let wake: () => void = () => undefined;
  let ended = false;
  const subscription = await log.subscribe(
    stream,
    (event) => {
      live.push(event);
      if (live.length === 1) wake();
    },
    () => {
      ended = true;
      wake();
    },
  );
  try {
    let last = 0;
    while (last < subscription.last) {
      const events = await log.read(stream, last, PAGE);
      if (events.length === 0) break;
      last = events.at(-1)!.seq!;
      yield events;
      if (isLast(events.at(-1)!.type) && last >= subscription.last) return;
    }
    for (;;) {
      const events = live.filter(({ seq }) => seq === undefined || seq > last);
      live = [];
      if (events.length > 0) {
        last = events.findLast(({ seq }) => seq !== undefined)?.seq ?? last;
        const end = events.findIndex(({ type }) => isLast(type));
        yield end < 0 ? events : events.slice(0, end + 1);
        if (end >= 0) return;
        continue;
      }
      if (ended) {
        // The last event is missing only if it could not be written.
        log.assertWritable();
        return;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (live.length > 0 || ended) resolve();
      });
    }
  } finally {
    subscription.unsubscribe();
  }
}
