/** Collects a request's body up to a limit. What comes after the limit is read and dropped, so that the connection stays usable. */
import type { HttpResponse } from '../uws.js';

export type BodyOutcome = { readonly bytes: Buffer } | { readonly tooLarge: true };

/**
 * Calls `done` exactly once: with the whole body, or as soon as more than `limit` bytes came. Never after the client went away.
 * Must be called before the handler of the request returns.
 */
export function collectBody(response: HttpResponse, limit: number, done: (outcome: BodyOutcome) => void): void {
  let chunks: Buffer[] = [];
  let length = 0;
  let settled = false;
  response.onData((chunk, isLast) => {
    if (settled) return;
    length += chunk.byteLength;
    if (length > limit) {
      settled = true;
      chunks = [];
      done({ tooLarge: true });
      return;
    }
    // uWS takes the chunk's memory back when this returns.
    if (chunk.byteLength > 0) chunks.push(Buffer.from(new Uint8Array(chunk)));
    if (!isLast) return;
    settled = true;
    done({ bytes: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length) });
  });
}
