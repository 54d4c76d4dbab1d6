/** Reads JSON that a client sent, and refuses what would hurt whoever works with it. */
import { isUtf8 } from 'node:buffer';
import { HttpError, InvalidInput } from '../errors.js';
import { findJsonFault } from './json-fault.js';

/**
 * The value of a JSON text in UTF-8.
 * @throws HttpError 400 for invalid UTF-8, nesting deeper than `depth`, or a key named `__proto__`
 * @throws InvalidInput for a broken text, with the index of the first fault
 */
export function parseJson(bytes: Uint8Array, depth: number): unknown {
  if (!isUtf8(bytes)) throw new HttpError(400, 'the body is not valid UTF-8');
  const text = new TextDecoder().decode(bytes);
  if (isDeeperThan(text, depth)) throw new HttpError(400, `the JSON is nested deeper than ${depth} levels`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const { at, expected } = findJsonFault(text) ?? { at: 0, expected: 'a value' };
    const lines = text.slice(0, at).split('\n');
    const place = `line ${lines.length} column ${(lines.at(-1)?.length ?? 0) + 1} (char ${at})`;
    throw new InvalidInput([
      { loc: ['body', at], msg: `JSON decode error at ${place}: expected ${expected}`, type: 'json_invalid' },
    ]);
  }
  // An own key `__proto__` is harmless here, but turns into a prototype as soon as someone copies the object key by key.
  if (mayHold(text) && holdsProto(value)) throw new HttpError(400, 'the key "__proto__" is not accepted');
  return value;
}

/** Whether brackets outside strings open more than `depth` levels. Reads the text before anything recursive does. */
export function isDeeperThan(text: string, depth: number): boolean {
  let level = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      for (at += 1; at < text.length && text.charCodeAt(at) !== 0x22; at++) {
        if (text.charCodeAt(at) === 0x5c) at += 1;
      }
    } else if (code === 0x5b || code === 0x7b) {
      level += 1;
      if (level > depth) return true;
    } else if (code === 0x5d || code === 0x7d) level -= 1;
  }
  return false;
}

/** A key can also be spelt with escapes: then only the parsed value tells. */
function mayHold(text: string): boolean {
  return text.includes('__proto__') || text.includes('\\u005');
}

function holdsProto(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(holdsProto);
}
