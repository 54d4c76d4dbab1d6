/** The events of one run or job, from the first one on and then live: none lost, none twice, in order. */
import type { EventLog, StreamEvent } from '../runtime/index.js';
import type { WireEvent } from './runtime-types.js';

const PAGE = 1000;

/** Ends after the last event of the stream, by its type. */
export async function* eventStream(
  log: EventLog,
  stream: string,
  isLast: (type: string) => boolean,
): AsyncGenerator<WireEvent> {
  const live: StreamEvent[] = [];
  let wake: () => void = () => undefined;
  let ended = false;
  const subscription = await log.subscribe(
    stream,
    (event) => {
      live.push(event);
      wake();
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
      for (const event of events) {
        last = event.seq!;
        yield JSON.parse(event.json) as WireEvent;
        if (isLast(event.type) && last >= subscription.last) return;
      }
      if (events.length === 0) break;
    }
    for (;;) {
      for (let event = live.shift(); event; event = live.shift()) {
        if (event.seq !== undefined && event.seq <= last) continue;
        last = event.seq ?? last;
        yield JSON.parse(event.json) as WireEvent;
        if (isLast(event.type)) return;
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
