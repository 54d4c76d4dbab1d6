import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { RefusalCode } from './backend.js';
import { HttpError, InvalidInput, isRefusal, issuesOf, oneLine, REFUSAL_STATUS, toFailure } from './errors.js';
import { refusal } from './testing/memory-backend.js';

const silent = (): void => {};

describe('toFailure', () => {
  it.each(Object.entries(REFUSAL_STATUS).filter(([code]) => code !== 'invalid' && code !== 'internal'))(
    'answers the refusal %s with %i and its text',
    (code, status) => {
      expect(toFailure(refusal(code as RefusalCode, 'job job_0001 is paused'), 'here', silent)).toMatchObject({
        status,
        detail: 'job job_0001 is paused',
      });
    },
  );

  it('answers an invalid request with every fault and its place', () => {
    const issues = [{ loc: ['body', 'epochs'], msg: 'must be positive', type: 'too_small' }];
    expect(toFailure(refusal('invalid', 'no', issues), 'here', silent)).toMatchObject({ status: 422, detail: issues });
    expect(toFailure(refusal('invalid', 'no'), 'here', silent).detail).toEqual([
      { loc: ['body'], msg: 'no', type: 'value_error' },
    ]);
  });

  it('says nothing of an unexpected error but an id, under which the log has its stack and cause', () => {
    for (const error of [
      new TypeError('/home/secret', { cause: new Error('root') }),
      refusal('internal', '/home/secret'),
      '/home/secret',
      null,
    ]) {
      const lines: string[] = [];
      const failure = toFailure(error, 'GET /x', (line) => lines.push(line));
      expect(failure.status).toBe(500);
      const id = /^internal error \((.+)\)$/.exec(String(failure.detail))?.[1];
      expect(lines.join('')).toContain(`internal error ${id} at GET /x`);
    }
  });

  it('does not take a system error for a refusal because it has a code', () => {
    expect(isRefusal(Object.assign(new Error('no such file'), { code: 'ENOENT' }))).toBe(false);
    expect(isRefusal({ code: 'conflict', message: 'came from another thread' })).toBe(true);
  });

  it('tells a bounded number of faults', () => {
    const issues = Array.from({ length: 1500 }, (_, at) => ({ loc: ['body', at], msg: 'x', type: 'y' }));
    const { detail } = toFailure(new InvalidInput(issues), 'here', silent);
    expect(detail).toHaveLength(1001);
    expect(detail.at(-1)).toMatchObject({ msg: 'and 500 more faults' });
  });
});

describe('issuesOf', () => {
  it('tells a missing field from a wrong one', () => {
    const schema = z.object({ a: z.string(), b: z.object({ c: z.string() }) });
    const input = { b: { c: 1 } };
    expect(issuesOf(schema.safeParse(input).error!, 'body', input)).toEqual([
      { loc: ['body', 'a'], msg: 'Field required', type: 'missing' },
      { loc: ['body', 'b', 'c'], msg: expect.stringContaining('expected string'), type: 'invalid_type' },
    ]);
  });
});

describe('oneLine', () => {
  it('puts all faults in one text', () => {
    const failure = toFailure(
      new InvalidInput([
        { loc: ['body', 'a'], msg: 'x', type: 't' },
        { loc: ['body', 'b'], msg: 'y', type: 't' },
      ]),
      '',
      silent,
    );
    expect(oneLine(failure)).toBe('body.a: x; body.b: y');
    expect(oneLine(toFailure(new HttpError(404, 'gone'), '', silent))).toBe('gone');
  });
});
