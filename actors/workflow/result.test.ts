import { describe, expect, it } from 'vitest';
import { exampleRegistry } from './example-types.fixture.js';
import { checkWorkflow } from './graph.js';
import { link } from './plan.js';
import { type Execution, executionOf, invalidResult, runResult } from './result.js';
import { apply, initial } from './schedule.js';

const PLAN = link(
  ['load', 'fit', 'test', 'note'].map((id) => ({ id, type: 'note', config: {} })),
  [
    { edge: 0, source: 0, sourcePort: 'text', target: 1, targetPort: 'anything' },
    { edge: 1, source: 1, sourcePort: 'text', target: 2, targetPort: 'anything' },
  ],
);

const KNOWN: Record<number, Execution> = {
  0: { inputs: { limit: 1 }, outputs: { text: 'a' }, duration: 0.5 },
  1: { inputs: { anything: 'a' }, duration: 1.5 },
};

function run(...steps: ['ok' | 'fail' | 'stop' | 'start', number][]) {
  const schedule = initial(PLAN);
  for (const [step, node] of steps) {
    if (step !== 'stop') apply(schedule, { type: 'started', node });
    if (step === 'ok') apply(schedule, { type: 'completed', node });
    if (step === 'fail') apply(schedule, { type: 'failed', node, error: 'no memory' });
    if (step === 'stop') apply(schedule, { type: 'stopped', node });
  }
  return schedule;
}

describe('the result of a run', () => {
  it('tells every node, the outputs of those that completed, and the failure', () => {
    const schedule = run(['ok', 0], ['fail', 1], ['ok', 3]);
    expect(runResult('run_1', schedule, (node) => KNOWN[node], 1.75)).toEqual({
      run_id: 'run_1',
      status: 'error',
      error: 'node "fit" failed: no memory',
      failed_node: 'fit',
      executions: {
        load: { status: 'completed', inputs: { limit: 1 }, outputs: { text: 'a' }, error: null, duration: 0.5 },
        fit: { status: 'failed', inputs: { anything: 'a' }, outputs: {}, error: 'no memory', duration: 1.5 },
        test: { status: 'skipped', inputs: {}, outputs: {}, error: 'skipped because node "fit" failed', duration: 0 },
        note: { status: 'completed', inputs: {}, outputs: {}, error: null, duration: 0 },
      },
      outputs: { load: { text: 'a' }, note: {} },
      statistics: {
        total_nodes: 4,
        completed_nodes: 2,
        failed_nodes: 1,
        skipped_nodes: 1,
        cancelled_nodes: 0,
        total_duration: 2,
        wall_duration: 1.75,
      },
    });
  });

  it('is a success when all completed, without an error', () => {
    const result = runResult('r', run(['ok', 0], ['ok', 1], ['ok', 2], ['ok', 3]), () => undefined, 1);
    expect(result.status).toBe('success');
    expect(result).not.toHaveProperty('error');
    expect(result).not.toHaveProperty('failed_node');
  });

  it('names the first failure and the others', () => {
    const result = runResult('r', run(['fail', 3], ['fail', 0]), () => undefined, 1);
    expect(result.failed_node).toBe('note');
    expect(result.error).toBe('node "note" failed: no memory (failed as well: "load")');
  });

  it('is cancelled when a node was, and still names a failure', () => {
    const cancelled = run(['ok', 0], ['start', 1]);
    apply(cancelled, { type: 'cancelled' });
    expect(runResult('r', cancelled, () => undefined, 1).status).toBe('running');
    apply(cancelled, { type: 'stopped', node: 1 });
    expect(runResult('r', cancelled, () => undefined, 1)).toMatchObject({
      status: 'cancelled',
      error: 'the run was cancelled',
    });

    const failed = run(['fail', 0]);
    apply(failed, { type: 'cancelled' });
    expect(runResult('r', failed, () => undefined, 1)).toMatchObject({ status: 'cancelled', failed_node: 'load' });
  });

  it('is a success when the cancelling came too late', () => {
    const schedule = run(['ok', 0], ['ok', 1], ['ok', 2], ['ok', 3]);
    apply(schedule, { type: 'cancelled' });
    expect(runResult('r', schedule, () => undefined, 1).status).toBe('success');
  });

  it('shows one node as clients see it while the run goes on', () => {
    expect(executionOf(run(['start', 0]), 0, { inputs: { limit: 1 } })).toEqual({
      status: 'running',
      inputs: { limit: 1 },
      outputs: {},
      error: null,
      duration: 0,
    });
  });
});

describe('the result of a graph that is not valid', () => {
  const types = exampleRegistry();

  function faultsOf(graph: unknown) {
    const checked = checkWorkflow(graph, types);
    return checked.ok ? [] : checked.faults;
  }

  it('says the cycle in the words that clients know, before any other fault', () => {
    const faults = faultsOf({
      nodes: [
        { id: 'a', type: 'note' },
        { id: 'b', type: 'note' },
        { id: 'c', type: 'nothing' },
      ],
      edges: [
        { source: 'a', target: 'b' },
        { source: 'b', target: 'a' },
      ],
    });
    const result = invalidResult(faults, 3);
    expect(result).toMatchObject({
      status: 'error',
      error: '工作流包含循环依赖: a -> b -> a',
      executions: {},
      outputs: {},
      statistics: { total_nodes: 3, completed_nodes: 0 },
    });
    expect(result.errors).toHaveLength(2);
  });

  it('says the first fault of any other graph', () => {
    expect(invalidResult(faultsOf({ nodes: [] }))).toMatchObject({
      run_id: null,
      error: 'the workflow has no node: add at least one',
    });
  });
});
