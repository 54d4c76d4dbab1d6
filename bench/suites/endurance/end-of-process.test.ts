import { describe, expect, it } from 'vitest';
import { describeExit, isCrash } from './end-of-process.js';

describe('isCrash', () => {
  it.each([
    [0, null, false],
    [1, null, false],
    [143, null, false],
    [134, null, true],
    [139, null, true],
    [null, 'SIGABRT', true],
    [null, 'SIGSEGV', true],
    [null, 'SIGKILL', false],
    [null, 'SIGTERM', false],
  ] as const)('code %s, signal %s: %s', (code, signal, crash) => {
    expect(isCrash({ code, signal })).toBe(crash);
  });
});

it('tells an end with its last words, in one line', () => {
  expect(describeExit({ code: 3, signal: null, errors: '' })).toBe('code 3, without a word');
  expect(describeExit({ code: null, signal: 'SIGABRT', errors: 'free()\ninvalid' })).toBe('SIGABRT, free() | invalid');
});
