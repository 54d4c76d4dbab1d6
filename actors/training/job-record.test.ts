import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JobRecord, newRecord, statusOf, withEpoch, withReport, withStatus } from './job-record.js';
import { FINAL_STATES, TRANSITIONS } from './transitions.js';

const START = Date.UTC(2026, 0, 1);
const fresh = (): JobRecord => newRecord({ jobId: 'job_0001', name: 'n', number: 1, folder: 'job_0001' }, 10, START);

describe('the time that a job has run', () => {
  it('counts the stretches in which it ran, and no pause', () => {
    let record = withStatus(fresh(), 'running', START + 1000);
    expect(statusOf(record, START + 4000).duration).toBe(3);
    record = withStatus(record, 'paused', START + 6000);
    expect(statusOf(record, START + 60_000).duration).toBe(5);
    record = withStatus(record, 'running', START + 100_000);
    record = withStatus(record, 'completed', START + 102_000);
    const status = statusOf(record, START + 500_000);
    expect(status.duration).toBe(7);
    expect(status.started_at).toBe(new Date(START + 1000).toISOString());
    expect(status.completed_at).toBe(new Date(START + 102_000).toISOString());
  });
});

describe('the history', () => {
  it('has an entry an epoch in every list, null where a figure was not there', () => {
    let record = withEpoch(fresh(), { epoch: 1, train_loss: 1 });
    record = withEpoch(record, { epoch: 2, train_loss: 0.5, val_auc: 0.7 });
    record = withEpoch(record, { epoch: 3, val_auc: 0.8 });
    expect(record.history).toEqual({ train_loss: [1, 0.5, null], val_auc: [null, 0.7, 0.8] });
    expect(record).toMatchObject({ current_epoch: 3, metrics: { epoch: 3, val_auc: 0.8 } });
  });

  it('is the same when epochs are folded in again', () => {
    const epochs = fc.array(fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.integer(), { noNullPrototype: true }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(epochs, fc.nat(7), (list, again) => {
        const figures = list.map((values, index) => ({ ...values, epoch: index + 1 }));
        const once = figures.reduce(withEpoch, fresh());
        const twice = figures.slice(Math.min(again, figures.length - 1)).reduce(withEpoch, once);
        expect(twice.history).toEqual(once.history);
        for (const values of Object.values(once.history)) expect(values).toHaveLength(figures.length);
      }),
    );
  });
});

describe('a report that finds the job paused', () => {
  const running = {
    type: 'report',
    jobId: 'job_0001',
    what: 'running',
    totalEpochs: 10,
    provider: 'cpu',
    precision: 'float32',
    notes: [],
    epoch: 0,
    history: [],
  } as const;

  it('leaves it paused, but known to have begun, so that a resume makes it run', () => {
    const paused = withStatus(withStatus(fresh(), 'initializing', START), 'paused', START + 1);
    const record = withReport(paused, running, START + 2);
    expect(record.status).toBe('paused');
    expect(record.started_at).not.toBeNull();
    expect(record.runningSince).toBeNull();
  });
});

describe('the table of commands', () => {
  it('allows nothing to a job that is at rest', () => {
    for (const state of FINAL_STATES)
      for (const target of Object.values(TRANSITIONS[state])) expect(['illegal', 'same']).toContain(target);
  });

  it('can stop every job that is not', () => {
    for (const [state, row] of Object.entries(TRANSITIONS))
      if (!FINAL_STATES.has(state as JobRecord['status'])) expect(row.stop).toBe('stopped');
  });
});
