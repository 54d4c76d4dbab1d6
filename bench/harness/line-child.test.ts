import { describe, expect, it } from 'vitest';
import { systemClock } from './clock.js';
import { type LineChild, startLineChild } from './line-child.js';

const signal = new AbortController().signal;
const start = (source: string): LineChild =>
  startLineChild({ command: process.execPath, args: ['-e', source], clock: systemClock });
const answering = (answer: string) =>
  start(`require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const message = JSON.parse(line);
    ${answer}
  });`);

describe('a line child', () => {
  it('answers what it is asked, and tells with which code it ended', async () => {
    const child = answering('process.exitCode = 7; console.log(JSON.stringify({ got: message.what }))');
    expect(await child.request({ what: 'this' }, signal)).toEqual({ got: 'this' });
    expect(child.pid).toBeGreaterThan(0);
    expect(await child.stop()).toEqual({ code: 7, signal: null });
  });

  it('fails a request with the error that the child answers', async () => {
    const child = answering(`console.log('{"error":"no data"}')`);
    await expect(child.request({}, signal)).rejects.toThrow(/^no data$/);
    await child.stop();
  });

  it('tells by which signal it was ended', async () => {
    const child = answering('process.kill(process.pid, "SIGKILL")');
    await expect(child.request({}, signal)).rejects.toThrow('SIGKILL');
    expect(await child.stop()).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('ends without code and signal when its program does not exist', async () => {
    const child = startLineChild({ command: '/no/such/program', args: [], clock: systemClock });
    await expect(child.request({}, signal)).rejects.toThrow('ENOENT');
    expect(await child.stop()).toEqual({ code: null, signal: null });
  });
});
