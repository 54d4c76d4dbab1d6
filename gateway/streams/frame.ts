/** An event made ready for sockets: one JSON text and one run of bytes, however many sockets get it. */
import type { StreamEvent } from '../backend.js';
import { spliceField } from './splice-field.js';

/** The stream of every training job. Its events are numbered by `pos`. */
export const ALL_STREAMS = 'all';

export interface Frame {
  readonly type: string;
  /** Number within the watched stream: `seq`, or `pos` for `all`. Absent for an event of the moment. */
  readonly number: number | undefined;
  readonly json: string;
  /** Events of the moment with equal keys may stand for each other; `undefined` for a stored event. */
  readonly mergeKey: string | undefined;
  /** The JSON in UTF-8, encoded once. */
  readonly bytes: Uint8Array;
}

/** The frame of an event for those who watch `watched`: a run, a job, or `all`. */
export function frameOf(event: StreamEvent, watched: string): Frame {
  const json = jsonOf(event, watched);
  let bytes: Uint8Array | undefined;
  return {
    type: event.type,
    number: numberOf(event, watched),
    json,
    mergeKey: event.seq === undefined ? `${event.stream} ${event.mergeKey ?? event.type}` : undefined,
    get bytes() {
      bytes ??= Buffer.from(json);
      return bytes;
    },
  };
}

export function numberOf(event: StreamEvent, watched: string): number | undefined {
  return watched === ALL_STREAMS ? event.pos : event.seq;
}

/** The event's JSON; those who watch `all` also get its `pos`. */
export function jsonOf(event: StreamEvent, watched: string): string {
  return watched === ALL_STREAMS && event.pos !== undefined ? spliceField(event.json, 'pos', event.pos) : event.json;
}

/** A message that belongs to one socket. */
export function frameOfMessage(message: { readonly type: string; readonly [field: string]: unknown }): Frame {
  const json = JSON.stringify(message);
  return { type: message.type, number: undefined, json, mergeKey: undefined, bytes: Buffer.from(json) };
}
