import { describe, expect, it } from 'vitest';
import { plainPaint } from './colour.js';
import { runSummary } from './run-summary.js';
import { executionWith, resultWith } from './testing/fake-runtime.js';

const dataDir = '/data/.ganglion';
const none = new Map<string, never>();

describe('the summary of a run', () => {
  it('has the end of every node, the test, and where the files lie', () => {
    const result = resultWith('success', {
      load: executionWith('completed', { outputs: { dataset: { $file: { name: 'dataset' } } } }),
      test: executionWith('completed', {
        outputs: {
          metrics: { auc: { value: 0.9, low: 0.8, high: 1 } },
          confusion_matrix: {
            labels: ['a', 'b'],
            rows: [
              [1, 2],
              [3, 4],
            ],
          },
        },
      }),
      out: executionWith('completed', { outputs: { export_path: '/data/m.onnx', file_size: 9700 }, duration: 0.012 }),
    });
    const types = new Map([
      ['load', 'dataset_loader'],
      ['test', 'evaluator'],
      ['out', 'model_exporter'],
    ]);
    const reports = new Map([['test', { num_samples: 10, intervals: { level: 0.9 } }]]);
    expect(runSummary({ result, types, reports, dataDir }, plainPaint)).toEqual([
      '',
      'Run run_1 succeeded after 2.50 s (3 nodes: 3 completed)',
      '',
      '  node  type            status       time',
      '  load  dataset_loader  completed  0.50 s',
      '  test  evaluator       completed  0.50 s',
      '  out   model_exporter  completed  0.01 s',
      '',
      'Test (test): 10 rows',
      '  figure  value  [90 % interval]',
      '  auc     0.900  [0.800, 1.000]',
      '',
      '  truth \\ predicted  a  b',
      '  a                  1  2',
      '  b                  3  4',
      '',
      'Files',
      '  model (out)      /data/m.onnx     9.7 kB',
      '  log and outputs  /data/.ganglion  1 stored output',
      '  run              run_1',
    ]);
  });

  it('names the failure, and what was skipped for it', () => {
    const result = resultWith(
      'error',
      {
        a: executionWith('failed', { error: 'file\nmissing' }),
        b: executionWith('skipped', { error: 'node "a" failed', duration: 0 }),
      },
      { error: 'node "a" failed: file missing', failed_node: 'a' },
    );
    const lines = runSummary({ result, types: none, reports: none, dataDir }, plainPaint);
    expect(lines.slice(1, 6)).toEqual([
      'Run run_1 failed after 2.50 s (2 nodes: 1 failed, 1 skipped)',
      'node "a" failed: file missing',
      '',
      '  node  status     time  reason',
      '  a     failed   0.50 s  file; missing',
    ]);
    expect(lines[6]).toBe('  b     skipped          node "a" failed');
  });

  it('lists of a large run what did not complete, and counts the rest', () => {
    const executions = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`n${index}`, executionWith(index === 7 ? 'cancelled' : 'completed')]),
    );
    const lines = runSummary(
      { result: resultWith('cancelled', executions), types: none, reports: none, dataDir },
      plainPaint,
    );
    expect(lines.filter((line) => line.startsWith('  n'))).toEqual([
      '  node  status       time',
      '  n7    cancelled  0.50 s',
    ]);
    expect(lines).toContain('  and 99 nodes more');
  });
});
