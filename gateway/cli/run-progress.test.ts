import { describe, expect, it } from 'vitest';
import { RunProgress } from './run-progress.js';

const ts = '2026-01-01T00:00:00.000Z';
const progressOf = (id: string, status: string, fields: object = {}) => ({
  type: 'node_progress',
  ts,
  node_id: id,
  status,
  progress: 0,
  ...fields,
});

describe('the progress of a run', () => {
  it('follows each node from its start to its end', () => {
    const run = new RunProgress(new Map([['a', 'mlp']]));
    run.take({ type: 'workflow_started', ts, total_nodes: 2 }, 0);
    expect(run.take(progressOf('a', 'running'), 10)).toMatchObject({
      kind: 'started',
      node: { id: 'a', type: 'mlp', startedAt: 10 },
    });
    expect(run.take(progressOf('a', 'running', { progress: 40 }), 20)).toMatchObject({
      kind: 'progressed',
      node: { percent: 40 },
    });
    expect(run.running.map(({ id }) => id)).toEqual(['a']);
    const end = run.take(progressOf('a', 'failed', { execution: { duration: 1.5, error: 'broken' } }), 30);
    expect(end).toMatchObject({ kind: 'ended', node: { status: 'failed', duration: 1.5, error: 'broken' } });
    expect([run.running.length, run.ended, run.total]).toEqual([0, 1, 2]);
  });

  it('counts a node that is skipped without ever having run', () => {
    const run = new RunProgress(new Map());
    expect(run.take(progressOf('b', 'skipped', { execution: { duration: 0, error: 'ancestor' } }), 0)).toMatchObject({
      kind: 'ended',
      node: { startedAt: undefined, type: '' },
    });
  });

  it('never changes a final status: what comes late is let pass', () => {
    const run = new RunProgress(new Map());
    run.take(progressOf('a', 'completed'), 0);
    expect(run.take(progressOf('a', 'running'), 1)).toBeUndefined();
    expect(run.ended).toBe(1);
  });

  it('knows the epochs of a training node', () => {
    const run = new RunProgress(new Map());
    run.take(progressOf('t', 'running'), 0);
    const event = {
      type: 'node_event',
      ts,
      node_id: 't',
      event: 'epoch_completed',
      epoch: 3,
      total_epochs: 9,
      metrics: {},
      progress: 33,
    };
    expect(run.take(event, 1)).toMatchObject({ kind: 'epoch', epoch: { epoch: 3 }, node: { percent: 33 } });
    expect(run.take({ type: 'node_event', ts, node_id: 't', event: 'report' }, 2)).toBeUndefined();
  });

  it('lets events pass that say nothing of a node', () => {
    const run = new RunProgress(new Map());
    expect(run.take({ type: 'heartbeat', ts }, 0)).toBeUndefined();
    expect(run.take(progressOf('a', 'flying'), 0)).toBeUndefined();
  });
});
