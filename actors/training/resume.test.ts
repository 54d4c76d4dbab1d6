import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { patientRows, patientsFile } from '../fixtures/patients.js';
import {
  eventsOf,
  firstEvent,
  type Started,
  TEST_NODES,
  temporaryFolder,
  temporaryRuntime,
} from '../fixtures/temporary-runtime.js';
import type { Job, JobStatus, WireEvent } from '../runtime-types.js';
import { checkpointsIn } from './checkpoint.js';

/** Everything that a state consists of plays a part: shuffling, dropout, moments, plateaus, clipping, sums, averages, early stopping. */
const TRAINING = {
  epochs: 40,
  batch_size: 8,
  seed: 11,
  scheduler: { type: 'plateau', patience: 2, factor: 0.5, warmup_epochs: 1 },
  optimizer: { type: 'nadam', betas: [0.8, 0.99] },
  accumulate: 2,
  ema_decay: 0.9,
  use_amp: true,
  no_decay_on_bias_and_norm: true,
  clip_norm: 1,
  label_smoothing: 0.05,
  early_stopping: { patience: 30 },
  checkpoint_every_steps: 3,
  keep_last: 1000,
};
const MODEL = { hidden: [7, 5], dropout: 0.3 };

const bodyFor = (folder: string, training: Record<string, unknown> = {}) => ({
  model_config: MODEL,
  data_config: patientsFile(folder),
  training_config: { ...TRAINING, ...training },
});

const modelOf = (status: JobStatus) => readFileSync(status.model_path!);
const isEpoch = ({ type }: WireEvent) => type === 'epoch_completed';

/** A job that was stopped in the middle of an epoch. */
async function stoppedJob({ runtime, folder }: Started, training: Record<string, unknown> = {}): Promise<Job> {
  const job = await runtime.train(bodyFor(folder, { epochs: 4000, ...training }));
  await firstEvent(job, isEpoch);
  await job.stop();
  await job.result;
  return job;
}

describe('the same job twice', () => {
  it.each([1, 2])('ends with the same bytes on %i threads', async (threads) => {
    const started = await temporaryRuntime();
    const reference = await (await started.runtime.train(bodyFor(started.folder, { threads: 1 }))).result;
    const other = await (await started.runtime.train(bodyFor(started.folder, { threads }))).result;
    expect(reference.status).toBe('completed');
    expect(modelOf(other).equals(modelOf(reference))).toBe(true);
    expect(other.history).toEqual(reference.history);
    expect(other.metrics).toEqual(reference.metrics);
  });
});

describe('a job that goes on from a checkpoint', () => {
  it('ends as if it had never been interrupted, wherever that was', async () => {
    const started = await temporaryRuntime();
    const { runtime, folder } = started;
    const whole = await runtime.train(bodyFor(folder));
    const reference = await whole.result;
    expect(reference.status).toBe('completed');
    const checkpoints = checkpointsIn(join(folder, 'jobs', whole.id, 'checkpoints'));
    const inside = checkpoints.filter((path) => !path.endsWith('step-00000000'));
    const chosen = [inside[0]!, inside[Math.floor(inside.length / 2)]!, inside.at(-1)!];
    for (const path of chosen) {
      const on = await runtime.train({ resume_from: path });
      const status = await on.result;
      expect(status.error).toBeNull();
      expect(modelOf(status).equals(modelOf(reference)), path).toBe(true);
      expect(status.history).toEqual(reference.history);
      expect(status.metrics).toEqual(reference.metrics);
    }
  });

  it('is named by the id, the folder or one checkpoint', async () => {
    const started = await temporaryRuntime();
    const job = await stoppedJob(started);
    const folder = join(started.folder, 'jobs', job.id);
    const { checkpoint, current_epoch } = await job.status();
    for (const resume_from of [job.id, folder, checkpoint!]) {
      const on = await started.runtime.train({ resume_from, training_config: { epochs: current_epoch + 2 } });
      const status = await on.result;
      expect(status).toMatchObject({ status: 'completed', total_epochs: current_epoch + 2 });
      expect(status.history['train_loss']).toHaveLength(current_epoch + 2);
    }
  });

  it('goes on with more epochs where the number of them had ended it', async () => {
    const { runtime, folder } = await temporaryRuntime();
    const first = await runtime.train(bodyFor(folder, { epochs: 2, checkpoint_every_steps: 1 }));
    await first.result;
    const on = await runtime.train({ resume_from: first.id, training_config: { epochs: 5 } });
    expect((await on.result).history['val_loss']).toHaveLength(5);
  });

  it('takes the checkpoint before a damaged one, and says so', async () => {
    const started = await temporaryRuntime();
    const job = await stoppedJob(started);
    const [newest, before] = checkpointsIn(join(started.folder, 'jobs', job.id, 'checkpoints'));
    const file = join(newest!, 'state.bin');
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(file, bytes);
    const on = await started.runtime.train({ resume_from: job.id });
    const told = await firstEvent(on, ({ type }) => type === 'status_update');
    expect(JSON.stringify(told['notes'])).toContain('damaged');
    await on.stop();
    expect(await started.training.ask({ type: 'status', jobId: on.id })).toMatchObject({ status: 'stopped' });
    expect(before).toBeDefined();
    await expect(started.runtime.train({ resume_from: newest })).rejects.toThrow('damaged');
    for (const path of checkpointsIn(join(started.folder, 'jobs', job.id, 'checkpoints')))
      writeFileSync(join(path, 'state.bin'), 'no');
    await expect(started.runtime.train({ resume_from: job.id })).rejects.toThrow('only damaged ones');
  });

  const reversed = patientRows().reverse();
  it.each<[string, Record<string, unknown>, string]>([
    ['other rows', { data_config: { data_path: 'other.csv' } }, 'other training or validation data'],
    [
      'another split',
      { data_config: { split: { train: 0.6, val: 0.2, test: 0.2 } } },
      'other training or validation data',
    ],
    ['another split seed', { data_config: { split: { seed: 99 } } }, 'other training or validation data'],
    [
      'other columns of the same number',
      { data_config: { features: ['size', 'age'] } },
      'other training or validation data',
    ],
    ['another diseased class', { data_config: { positive: 'well' } }, 'other training or validation data'],
    [
      'another preprocessing',
      { data_config: { preprocess: { scale: 'minmax' } } },
      'other training or validation data',
    ],
    ['another network', { model_config: { hidden: [7, 6] } }, 'another network'],
    ['another optimiser', { training_config: { optimizer: 'adam' } }, 'another network'],
    ['another seed', { training_config: { seed: 12 }, data_config: { split: { seed: 11 } } }, 'another seed'],
    ['another batch size', { training_config: { batch_size: 9 } }, 'another batch_size'],
  ])('refuses %s', async (_, changes, reason) => {
    const started = await temporaryRuntime();
    patientsFile(started.folder, reversed, 'other.csv');
    const job = await started.runtime.train({
      ...bodyFor(started.folder, { epochs: 4000, keep_last: 1000 }),
      data_config: { ...patientsFile(started.folder), features: ['size', 'site'] },
    });
    await firstEvent(job, isEpoch);
    await job.stop();
    const within = checkpointsIn(join(started.folder, 'jobs', job.id, 'checkpoints')).find(
      (path) => !path.endsWith('step-00000000'),
    );
    const on = await started.runtime.train({ resume_from: within, ...changes });
    const status = await on.result;
    expect(status.status).toBe('failed');
    expect(status.error).toContain(reason);
  });

  it('keeps the newest checkpoints and no others', async () => {
    const { runtime, folder } = await temporaryRuntime();
    const job = await runtime.train(bodyFor(folder, { epochs: 6, checkpoint_every_steps: 1, keep_last: 2 }));
    await job.result;
    expect(readdirSync(join(folder, 'jobs', job.id, 'checkpoints'))).toHaveLength(2);
  });
});

const INTERRUPTED = fileURLToPath(new URL('../fixtures/interrupted.mjs', import.meta.url));

describe('a job whose process was killed', () => {
  it('is failed after the restart with its whole history, and goes on from its checkpoint to the same end', async () => {
    const dataDir = temporaryFolder();
    const job = bodyFor(dataDir, { epochs: 60 });
    const child = spawn(process.execPath, [INTERRUPTED, dataDir, TEST_NODES, JSON.stringify({ job, events: 5 })], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    child.kill('SIGKILL');
    await once(child, 'exit');
    const jobId = line.toString().trim();

    const { runtime, training, hub } = await temporaryRuntime({ dataDir });
    const status = await training.ask<JobStatus>({ type: 'status', jobId });
    const events = (await hub.ask<{ json: string }[]>({ type: 'read', stream: jobId, after: 0, limit: 1000 })).map(
      ({ json }) => JSON.parse(json) as WireEvent,
    );
    const epochs = events.filter(isEpoch);
    expect(epochs.length).toBeGreaterThanOrEqual(5);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.at(-1)).toMatchObject({ type: 'training_failed', error: status.error });
    expect(status).toMatchObject({ status: 'failed', current_epoch: epochs.length, is_paused: false });
    expect(status.error).toContain(`resume_from "${jobId}"`);
    expect(status.history['train_loss']).toEqual(
      epochs.map((event) => (event['metrics'] as Record<string, number>)['train_loss']),
    );
    expect(status.duration).toBeGreaterThan(0);
    expect(readFileSync(join(status.checkpoint!, 'manifest.json'), 'utf8')).toContain(jobId);

    const on = await runtime.train({ resume_from: jobId });
    expect(on.id).toBe('job_0002');
    const resumed = await on.result;
    const whole = await (await runtime.train(job)).result;
    expect(modelOf(resumed).equals(modelOf(whole))).toBe(true);
    expect(resumed.history).toEqual(whole.history);
    const told = await eventsOf(on);
    expect(told.filter(isEpoch).length).toBeLessThan(60);
  });
});
