import { describe, expect, it } from 'vitest';
import { runProgram } from './exits.js';

const signal = new AbortController().signal;

describe('runProgram', () => {
  it.each([
    ['code', 'process.exit(4)', { code: 4, signal: null, errors: '' }],
    ['signal', 'process.kill(process.pid, "SIGABRT")', { code: null, signal: 'SIGABRT' }],
    ['last words', 'console.error("terminate called")', { code: 0, errors: 'terminate called' }],
  ])('tells how a program ended: %s', async (_, source, exit) => {
    expect(await runProgram(['-e', source], signal)).toMatchObject(exit);
  });

  it('kills a program that is given up', async () => {
    const late = new AbortController();
    const running = runProgram(['-e', 'setInterval(() => {}, 1000)'], late.signal);
    late.abort();
    await expect(running).rejects.toThrow('aborted');
  });
});
