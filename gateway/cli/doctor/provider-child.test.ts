import { describe, expect, it } from 'vitest';
import { type ChildOutcome, findingOf, runChild } from './provider-child.js';

const never = new AbortController().signal;
const child = (source: string, deadlineMs = 20_000, signal = never) => runChild(['-e', source], deadlineMs, signal);

const outcome = (fields: Partial<ChildOutcome>): ChildOutcome => ({
  code: 0,
  signal: null,
  timedOut: false,
  stdout: '',
  stderr: '',
  ...fields,
});

const RAN = '{"outcome":"ran","version":"1.30.0","milliseconds":12.4}\n';
const REFUSED = '{"outcome":"refused","error":"no adapter"}\n';

describe('a process that tries a provider', () => {
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

describe('what its end says', () => {
  it.each([
    ['cpu', { stdout: RAN }, 'ok', 'ONNX Runtime 1.30.0 computes (12 ms'],
    ['cuda', { stdout: `a driver's chatter\n${RAN}` }, 'ok', 'computes'],
    ['cpu', { stdout: REFUSED }, 'problem', 'no adapter'],
    ['webgpu', { stdout: REFUSED }, 'not available', 'no adapter'],
    ['webgpu', { stdout: '{"outcome":"wrong","values":[0,1]}' }, 'problem', 'calculates wrongly: 0, 1'],
    ['webgpu', { timedOut: true, signal: 'SIGKILL', code: null }, 'problem', 'did not answer in 30 s'],
    ['webgpu', { signal: 'SIGSEGV', code: null }, 'problem', 'the process crashed (SIGSEGV)'],
    ['webgpu', { signal: 'SIGABRT', code: null, stdout: RAN }, 'problem', 'crashes when it ends (SIGABRT)'],
    ['cpu', { code: 1, stderr: 'Error:\ncannot find module' }, 'problem', 'exit code 1): cannot find module'],
    ['cpu', { stdout: 'nonsense' }, 'problem', 'no answer'],
  ])('%s, %j: %s', (provider, fields, state, detail) => {
    const finding = findingOf(provider, outcome(fields));
    expect(finding.state).toBe(state);
    expect(finding.detail).toContain(detail);
    expect(finding.remedy === undefined).toBe(state === 'ok');
  });

  it('leaves out where in its own source ONNX Runtime refused', () => {
    const error = '/src/context.cc:136 Initialize() status == Success was false. Failed to get an adapter: none\n';
    const finding = findingOf('webgpu', outcome({ stdout: JSON.stringify({ outcome: 'refused', error }) }));
    expect(finding.detail).toBe('Failed to get an adapter: none');
  });
});
