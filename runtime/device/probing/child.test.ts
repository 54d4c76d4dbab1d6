import { describe, expect, it } from 'vitest';
import { runChild } from './child.js';

const child = (source: string, deadlineMs = 20_000, signal?: AbortSignal) =>
  runChild(['-e', source], deadlineMs, signal);

describe('a process that tries something', () => {
  it('is heard to its end', async () => {
    expect(await child('console.log("out"); console.error("err"); process.exitCode = 3')).toEqual({
      code: 3,
      signal: null,
      timedOut: false,
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });

  it('takes nothing with it when it crashes', async () => {
    expect(await child('process.kill(process.pid, "SIGSEGV"); setInterval(() => {}, 1000)')).toMatchObject({
      signal: 'SIGSEGV',
    });
  });

  it('is ended at its deadline', async () => {
    expect(await child('setInterval(() => {}, 1000)', 50)).toMatchObject({ timedOut: true, signal: 'SIGKILL' });
  });

  it('is ended when the user interrupts', async () => {
    const interruption = new AbortController();
    const ended = child('setInterval(() => {}, 1000)', 20_000, interruption.signal);
    interruption.abort();
    expect(await ended).toMatchObject({ signal: 'SIGKILL', timedOut: false });
  });
});
