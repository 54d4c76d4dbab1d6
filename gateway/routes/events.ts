/** The body of a list of stored events: their JSON is ready-made and only strung together. */
import type { StreamEvent } from '../backend.js';
import { jsonOf } from '../streams/frame.js';
import { RawJson } from './route.js';

export function eventList(stream: string, events: readonly StreamEvent[]): RawJson {
  return new RawJson(`{"events":[${events.map((event) => jsonOf(event, stream)).join(',')}]}`);
}
