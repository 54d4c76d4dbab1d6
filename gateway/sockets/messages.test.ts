import { describe, expect, it } from 'vitest';
import { readMessage } from './messages.js';

const read = (message: unknown) =>
  readMessage(Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)), false, 10);

describe('readMessage', () => {
  it.each([
    [{ type: 'ping' }, { kind: 'ping' }],
    [{ command: 'pause' }, { kind: 'command', command: 'pause' }],
    [{ action: 'stop' }, { kind: 'command', command: 'stop' }],
    [
      { type: 'control', action: 'resume' },
      { kind: 'command', command: 'resume' },
    ],
    [
      { type: 'resume', after: 3 },
      { kind: 'resume', after: 3 },
    ],
    [{ nodes: [], edges: [] }, { kind: 'other' }],
    [{}, { kind: 'other' }],
  ])('reads %j', (message, expected) => {
    expect(read(message)).toMatchObject(expected);
  });

  it.each([
    ['{', 'JSON decode error'],
    ['[]', 'JSON object'],
    ['null', 'JSON object'],
    ['"pause"', 'JSON object'],
    ['{"type":"resume"}', '"after"'],
    ['{"type":"resume","after":-1}', '"after"'],
    ['{"type":"resume","after":1.5}', '"after"'],
    ['{"type":"resume","after":"3"}', '"after"'],
    ['{"__proto__":{"command":"stop"}}', '__proto__'],
    [`${'['.repeat(11)}`, 'deeper'],
  ])('says what is wrong with %s', (text, words) => {
    expect(read(text)).toMatchObject({ kind: 'faulty', error: expect.stringContaining(words) });
  });

  it('takes text frames only', () => {
    expect(readMessage(Buffer.from('{"type":"ping"}'), true, 10)).toMatchObject({
      kind: 'faulty',
      error: expect.stringContaining('binary'),
    });
  });
});
