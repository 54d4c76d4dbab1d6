/** What a client may say on a socket, in the several spellings that clients use. */
import { HttpError, InvalidInput } from '../errors.js';
import { parseJson } from '../http/json.js';

type Fields = Readonly<Record<string, unknown>>;

export type ClientMessage =
  | { readonly kind: 'ping' }
  | { readonly kind: 'resume'; readonly after: number }
  | { readonly kind: 'command'; readonly command: string; readonly fields: Fields }
  /** A workflow to execute, or something this gateway does not know. */
  | { readonly kind: 'other'; readonly fields: Fields }
  | { readonly kind: 'faulty'; readonly error: string };

/** Reads one message. Never throws: what is wrong with it comes back as `faulty`. */
export function readMessage(bytes: Uint8Array, isBinary: boolean, depth: number): ClientMessage {
  if (isBinary) return { kind: 'faulty', error: 'messages are JSON in text frames, not binary' };
  let value: unknown;
  try {
    value = parseJson(bytes, depth);
  } catch (error) {
    if (error instanceof HttpError || error instanceof InvalidInput) return { kind: 'faulty', error: error.message };
    throw error;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { kind: 'faulty', error: 'a message is a JSON object' };
  const fields = value as Fields;
  const { type, command, action } = fields;
  if (type === 'ping') return { kind: 'ping' };
  if (type === 'resume' && command === undefined && action === undefined) {
    const { after } = fields;
    if (typeof after === 'number' && Number.isSafeInteger(after) && after >= 0) return { kind: 'resume', after };
    return {
      kind: 'faulty',
      error: '{"type":"resume"} needs "after": the number of the last event you have, a whole number >= 0',
    };
  }
  if (typeof command === 'string') return { kind: 'command', command, fields };
  if (typeof action === 'string') return { kind: 'command', command: action, fields };
  return { kind: 'other', fields };
}
