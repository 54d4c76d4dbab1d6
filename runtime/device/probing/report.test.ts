import { describe, expect, it } from 'vitest';
import type { Provider } from '../session-options.js';
import type { ChildOutcome } from './child.js';
import { reportOf } from './report.js';

const outcome = (fields: Partial<ChildOutcome>): ChildOutcome => ({
  code: 0,
  signal: null,
  timedOut: false,
  stdout: '',
  stderr: '',
  ...fields,
});

const RAN = '{"outcome":"ran","version":"1.30.0","first":12.4,"small":0.5,"large":30}\n';
const SOFTWARE = '{"outcome":"ran","version":"1.30.0","first":60,"small":82}\n';
const REFUSED = '{"outcome":"refused","error":"no adapter"}\n';

type Row = readonly [Provider, Partial<ChildOutcome>, string, string];

const ROWS: readonly Row[] = [
  ['cpu', { stdout: RAN }, 'runs', 'ONNX Runtime 1.30.0 computes (12 ms'],
  ['cuda', { stdout: `a driver's chatter\n${RAN}` }, 'runs', 'computes on Great GPU'],
  ['webgpu', { stdout: SOFTWARE }, 'runs', 'as a software renderer'],
  ['cpu', { stdout: REFUSED }, 'broken', 'no adapter'],
  ['webgpu', { stdout: REFUSED }, 'missing', 'no adapter'],
  ['webgpu', { stdout: '{"outcome":"wrong","values":[0,1]}' }, 'broken', 'calculates wrongly: 0, 1'],
  ['webgpu', { timedOut: true, signal: 'SIGKILL', code: null }, 'broken', 'did not answer in 30 s'],
  ['webgpu', { signal: 'SIGSEGV', code: null }, 'broken', 'the process crashed (SIGSEGV)'],
  ['webgpu', { signal: 'SIGABRT', code: null, stdout: RAN }, 'broken', 'crashes when it ends (SIGABRT)'],
  ['cpu', { code: 1, stderr: 'Error:\ncannot find module' }, 'broken', 'exit code 1): cannot find module'],
  ['cpu', { stdout: 'nonsense' }, 'broken', 'no answer'],
];

describe('what the end of the process says', () => {
  it.each(ROWS)('%s, %j: %s', (provider, fields, state, detail) => {
    const report = reportOf(provider, outcome(fields), 'Great GPU');
    expect(report.state).toBe(state);
    expect(report.detail).toContain(detail);
    expect(report.remedy === undefined).toBe(state === 'runs');
  });

  it('leaves out where in its own source ONNX Runtime refused', () => {
    const error = '/src/context.cc:136 Initialize() status == Success was false. Failed to get an adapter: none\n';
    const report = reportOf('webgpu', outcome({ stdout: JSON.stringify({ outcome: 'refused', error }) }));
    expect(report.detail).toBe('Failed to get an adapter: none');
  });

  it('names the library of CUDA that is not found', () => {
    const stderr =
      'Failed to load library x.so with error: libcudnn.so.9: cannot open shared object file: No such file';
    const report = reportOf('cuda', outcome({ stdout: REFUSED, stderr }));
    expect(report.detail).toBe('no adapter: libcudnn.so.9 is not found');
  });

  it('tells a software renderer from a GPU, and gives it no name of a GPU', () => {
    expect(reportOf('webgpu', outcome({ stdout: SOFTWARE }), 'Great GPU')).toMatchObject({ software: true });
    expect(reportOf('webgpu', outcome({ stdout: SOFTWARE }), 'Great GPU')).not.toHaveProperty('device');
    expect(reportOf('webgpu', outcome({ stdout: RAN }), 'Great GPU')).toMatchObject({
      device: 'Great GPU',
      productsMs: 30,
    });
    expect(reportOf('cpu', outcome({ stdout: SOFTWARE }), 'Great GPU')).not.toHaveProperty('software');
  });
});
