import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { EventLog, RuntimeError } from '../../runtime/index.js';
import { csvOf, PATIENT_IDS, patientRows, patientsFile } from '../fixtures/patients.js';
import {
  eventsOf,
  firstEvent,
  type Started,
  temporaryFolder,
  temporaryRuntime,
} from '../fixtures/temporary-runtime.js';
import { InvalidRequest, type JobStatus, type WireEvent } from '../runtime-types.js';
import type { JobList } from './messages.js';
import { type JobCommand, TRANSITIONS } from './transitions.js';

/** Long enough to be caught in the middle. */
const LONG = { epochs: 5000, batch_size: 8, seed: 3 };
const QUICK = { epochs: 3, batch_size: 16, seed: 3 };
const SMALL = { hidden: [6], dropout: 0.2 };

const request = (training: Record<string, unknown>, data: Record<string, unknown> = { dataset: 'wdbc' }) => ({
  model_config: SMALL,
  data_config: data,
  training_config: training,
});

const command = ({ training }: Started, jobId: string, what: JobCommand) =>
  training.ask<{ job_id: string; status: string }>({ type: 'command', jobId, command: what });

const isEpoch = ({ type }: WireEvent) => type === 'epoch_completed';
const stored = (events: readonly WireEvent[]) => events.filter(({ seq }) => seq !== undefined);

/** A job in each state. */
const ARRANGE = {
  running: async ({ runtime }: Started) => {
    const job = await runtime.train(request(LONG));
    await firstEvent(job, isEpoch);
    return job;
  },
  paused: async (started: Started) => {
    const job = await ARRANGE.running(started);
    await job.pause();
    return job;
  },
  stopped: async (started: Started) => {
    const job = await ARRANGE.running(started);
    await job.stop();
    return job;
  },
  completed: async ({ runtime }: Started) => {
    const job = await runtime.train(request({ ...QUICK, epochs: 1 }));
    await job.result;
    return job;
  },
  failed: async ({ runtime, folder }: Started) => {
    writeFileSync(join(folder, 'bad.csv'), 'size,diagnosis\n1,ill\n2,ill\n');
    const data = { data_path: 'bad.csv', label: 'diagnosis', positive: 'ill' };
    const job = await runtime.train(request(QUICK, data));
    await job.result;
    return job;
  },
};

describe('a training job', () => {
  it('tells its steps in order and ends with figures, a model and a history an entry an epoch', async () => {
    const { runtime, folder } = await temporaryRuntime();
    const job = await runtime.train({ name: 'first', ...request(QUICK) });
    expect(job.id).toBe('job_0001');
    const events = stored(await eventsOf(job));
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.map(({ type, status }) => status ?? type)).toEqual([
      'initializing',
      'running',
      'epoch_completed',
      'epoch_completed',
      'epoch_completed',
      'completed',
    ]);
    const status = await job.result;
    expect(status).toMatchObject({ job_id: job.id, name: 'first', status: 'completed', progress: 100, error: null });
    expect(status).toMatchObject({ current_epoch: 3, total_epochs: 3, is_paused: false, database_id: 1 });
    for (const name of ['train_loss', 'train_acc', 'val_loss', 'val_acc', 'learning_rate'])
      expect(status.history[name]).toHaveLength(3);
    expect(status.metrics).toMatchObject({ test_auc: { value: expect.any(Number), low: expect.any(Number) } });
    expect(status.model_path).toBe(join(folder, 'jobs', job.id, 'model.onnx'));
    expect(readFileSync(status.model_path!).length).toBeGreaterThan(1000);
    expect(await job.status()).toEqual(status);
    expect(Object.keys(status)).not.toContain('folder');
  });

  it('is told alike to two watchers', async () => {
    const { runtime } = await temporaryRuntime();
    const job = await runtime.train(request(QUICK));
    const [one, other] = await Promise.all([eventsOf(job), eventsOf(job)]);
    expect(stored(one)).toEqual(stored(other));
    expect(await eventsOf(job)).toEqual(stored(one));
  });

  it('is listed with its present state, the newest first, and by status', async () => {
    const started = await temporaryRuntime();
    const done = await ARRANGE.completed(started);
    const busy = await ARRANGE.running(started);
    const list = (more: object = {}) => started.training.ask<JobList>({ type: 'list', skip: 0, limit: 10, ...more });
    expect((await list()).jobs.map(({ job_id, status }) => [job_id, status])).toEqual([
      [busy.id, 'running'],
      [done.id, 'completed'],
    ]);
    expect(await list({ status: 'completed' })).toMatchObject({ total: 1, jobs: [{ job_id: done.id }] });
    expect(await list({ skip: 1, limit: 1 })).toMatchObject({ total: 2, jobs: [{ job_id: done.id }] });
  });

  it('says that a job is unknown', async () => {
    const started = await temporaryRuntime();
    await expect(started.training.ask({ type: 'status', jobId: 'job_0099' })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(command(started, 'job_0099', 'stop')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('commands', () => {
  const cells = Object.entries(ARRANGE).flatMap(([state, arrange]) =>
    (['pause', 'resume', 'stop'] as const).map((what) => ({
      state: state as keyof typeof ARRANGE,
      what,
      arrange,
      target: TRANSITIONS[state as keyof typeof ARRANGE][what],
    })),
  );

  it.each(cells)('$what of a $state job: $target', async ({ state, what, arrange, target }) => {
    const started = await temporaryRuntime({ threads: 1 });
    const job = await arrange(started);
    const before = (await job.status()).status;
    expect(before).toBe(state);
    if (target === 'illegal') {
      await expect(command(started, job.id, what)).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining(before),
      });
      expect((await job.status()).status).toBe(before);
      return;
    }
    const expected = target === 'same' ? before : target;
    expect(await command(started, job.id, what)).toEqual({ job_id: job.id, status: expected });
    expect((await job.status()).status).toBe(expected);
  });

  it.each(['pause', 'stop'] as const)('%s takes effect while the job still reads its data', async (what) => {
    const started = await temporaryRuntime();
    const job = await started.runtime.train(request(LONG));
    expect((await job.status()).status).toBe('initializing');
    const { status } = await command(started, job.id, what);
    expect(status).toBe(what === 'pause' ? 'paused' : 'stopped');
    if (what === 'stop') return;
    expect((await job.status()).is_paused).toBe(true);
    await job.resume();
    await firstEvent(job, isEpoch);
    expect((await job.status()).status).toBe('running');
    expect((await job.status()).started_at).not.toBeNull();
  });

  it.each(['pause', 'stop'] as const)('%s from two clients at once is told once and answered twice', async (what) => {
    const started = await temporaryRuntime();
    const job = await ARRANGE.running(started);
    const answers = await Promise.all([command(started, job.id, what), command(started, job.id, what)]);
    const status = what === 'pause' ? 'paused' : 'stopped';
    expect(answers.map((answer) => answer.status)).toEqual([status, status]);
    if (what === 'pause') await job.stop();
    const events = stored(await eventsOf(job));
    expect(events.filter((event) => event['status'] === status)).toHaveLength(1);
  });

  it.each(['pause', 'stop'] as const)(
    '%s is answered with what it brought about, however much else is asked',
    async (what) => {
      const started = await temporaryRuntime();
      const job = await ARRANGE.running(started);
      let open = true;
      const ask = async () => {
        while (open) await started.training.ask({ type: 'list', skip: 0, limit: 1 });
      };
      const others = Array.from({ length: 30 }, ask);
      const { status } = await command(started, job.id, what);
      open = false;
      expect(status).toBe(what === 'pause' ? 'paused' : 'stopped');
      await Promise.all(others);
    },
  );

  it('no batch is told after a pause has been answered, and none is lost or made twice after the resume', async () => {
    const started = await temporaryRuntime();
    const job = await ARRANGE.running(started);
    const seen: WireEvent[] = [];
    const watching = (async () => {
      for await (const event of job) seen.push(event);
    })();
    await job.pause();
    const paused = await job.status();
    const told = seen.length;
    // Another question has gone to the job's supervisor and back: whatever was on its way has come.
    await job.status();
    expect(seen.slice(told).filter(({ type }) => type === 'batch_progress' || type === 'epoch_completed')).toEqual([]);
    expect(await job.status()).toMatchObject({ current_epoch: paused.current_epoch, progress: paused.progress });
    await job.resume();
    await firstEvent(job, (event) => isEpoch(event) && Number(event['epoch']) > paused.current_epoch + 2);
    await job.stop();
    await watching;
    const epochs = stored(seen)
      .filter(isEpoch)
      .map((event) => event['epoch']);
    expect(epochs).toEqual(epochs.map((_, index) => index + 1));
  });

  it('a pause and a resume in one breath leave one walk through the epochs', async () => {
    const started = await temporaryRuntime();
    const job = await started.runtime.train(request({ ...QUICK, epochs: 20 }));
    for (let round = 0; round < 5; round++) {
      await Promise.allSettled([command(started, job.id, 'pause'), command(started, job.id, 'resume')]);
    }
    await command(started, job.id, 'resume').catch(() => undefined);
    const { status, history } = await job.result;
    expect(status).toBe('completed');
    expect(history['train_loss']).toHaveLength(20);
  });

  it('stopping leaves a checkpoint, also while paused', async () => {
    const started = await temporaryRuntime();
    const job = await ARRANGE.paused(started);
    await job.stop();
    const { checkpoint } = await job.result;
    expect(existsSync(join(checkpoint!, 'manifest.json'))).toBe(true);
  });

  it('closing the runtime stops jobs with a checkpoint', async () => {
    const started = await temporaryRuntime();
    const job = await ARRANGE.running(started);
    await started.runtime.close();
    const status = await job.result;
    expect(status).toMatchObject({ status: 'stopped', checkpoint: expect.stringContaining('epoch-') });
    const again = await temporaryRuntime({ dataDir: started.folder });
    expect(await again.training.ask({ type: 'status', jobId: job.id })).toEqual(status);
  });
});

describe('a request that is not valid', () => {
  const csv = { data_path: 'patients.csv', label: 'diagnosis', positive: 'ill' };
  const faults: [string, unknown, string][] = [
    ['no object', 'train!', 'body'],
    ['no data', { training_config: QUICK }, 'body.data_config'],
    ['an unknown word', request({ epohcs: 3 }), 'body.training_config.epohcs'],
    ['a wrong type', request({ epochs: 'many' }), 'body.training_config.epochs'],
    ['an unknown data set', request(QUICK, { dataset: 'mnist' }), 'body.data_config.dataset'],
    ['a missing file', request(QUICK, { ...csv, data_path: 'gone.csv' }), 'body.data_config.data_path'],
    ['a file outside', request(QUICK, { ...csv, data_path: '../../etc/passwd.csv' }), 'body.data_config.data_path'],
    ['a folder that is there', request({ ...QUICK, output_dir: 'there' }), 'body.training_config.output_dir'],
    ['a folder outside', request({ ...QUICK, output_dir: '../away' }), 'body.training_config.output_dir'],
    [
      'a folder beside that begins alike',
      request({ ...QUICK, output_dir: '../jobs-2' }),
      'body.training_config.output_dir',
    ],
    ['an absolute folder', request({ ...QUICK, output_dir: '/tmp/away' }), 'body.training_config.output_dir'],
    ['the folder of all jobs', request({ ...QUICK, output_dir: '.' }), 'body.training_config.output_dir'],
    ["a later job's folder", request({ ...QUICK, output_dir: 'job_0002' }), 'body.training_config.output_dir'],
    ['no such job', { resume_from: 'job_0042' }, 'body.resume_from'],
    ['no such checkpoint', { resume_from: 'nowhere' }, 'body.resume_from'],
    ['a checkpoint outside', { resume_from: '/etc' }, 'body.resume_from'],
  ];

  it('is refused with its place and leaves nothing behind', async () => {
    const { runtime, training, hub, folder } = await temporaryRuntime({ threads: 1 });
    patientsFile(folder);
    mkdirSync(join(folder, 'jobs', 'there'), { recursive: true });
    for (const [fault, body, place] of faults) {
      const error = await runtime.train(body).catch((thrown: unknown) => thrown);
      expect(error, fault).toBeInstanceOf(InvalidRequest);
      expect(
        (error as InvalidRequest).issues.map(({ loc }) => loc.join('.')),
        fault,
      ).toContain(place);
      expect(await training.ask<JobList>({ type: 'list', skip: 0, limit: 10 }), fault).toEqual({ jobs: [], total: 0 });
      expect(await hub.ask<unknown[]>({ type: 'read', stream: 'all', after: 0, limit: 10 }), fault).toEqual([]);
      expect(readdirSync(join(folder, 'jobs')), fault).toEqual(['there']);
    }
    // The numbers of those that were refused are not used up.
    expect((await runtime.train(request(QUICK))).id).toBe('job_0001');
  });

  it('does not follow a link out of the data folders', async () => {
    const { runtime, folder } = await temporaryRuntime({ threads: 1 });
    const outside = temporaryFolder();
    patientsFile(outside);
    symlinkSync(join(outside, 'patients.csv'), join(folder, 'linked.csv'));
    await expect(runtime.train(request(QUICK, { ...csv, data_path: 'linked.csv' }))).rejects.toThrow('outside');
  });
});

describe('the folder of a job', () => {
  it('may be named, is not given twice, and is found again by the id', async () => {
    const { runtime, folder } = await temporaryRuntime();
    const body = request({ ...LONG, output_dir: 'study/one' });
    const job = await runtime.train(body);
    await expect(runtime.train(body)).rejects.toThrow('not a new folder');
    await firstEvent(job, isEpoch);
    await job.stop();
    expect((await job.result).checkpoint).toContain(join(folder, 'jobs', 'study', 'one', 'checkpoints'));
    const on = await runtime.train({ resume_from: job.id, training_config: { epochs: 1 } });
    expect((await on.result).status).toBe('completed');
  });
});

describe('a job that fails', () => {
  it('tells what is wrong with the table, where, and the way out, without the id of a patient', async () => {
    const { runtime, folder } = await temporaryRuntime();
    const rows = patientRows(20);
    const cases: [string, string[][], RegExp[]][] = [
      [
        'missing label',
        rows.map((row, index) => (index === 3 ? [...row.slice(0, 4), ''] : row)),
        [/"diagnosis"/, /line 5/, /Fill in/],
      ],
      [
        'missing patient',
        rows.map((row, index) => (index === 3 ? ['', ...row.slice(1)] : row)),
        [/"patient"/, /line 5/, /Fill in/],
      ],
      [
        'text among numbers',
        rows.map((row, index) => (index === 6 ? [row[0]!, 'tiny', ...row.slice(2)] : row)),
        [/"size"/, /line 8/],
      ],
      ['ragged', rows.map((row, index) => (index === 2 ? row.slice(1) : row)), [/line 4/]],
      ['one class', rows.map((row) => [...row.slice(0, 4), 'ill']), [/"diagnosis"/, /two classes/]],
    ];
    for (const [name, table, patterns] of cases) {
      const file = `${name.replaceAll(' ', '-')}.csv`;
      writeFileSync(join(folder, file), csvOf(table));
      const data = { data_path: file, label: 'diagnosis', group: 'patient', positive: 'ill' };
      const job = await runtime.train(request(QUICK, data));
      const events = await eventsOf(job);
      const status = await job.result;
      expect(status.status, name).toBe('failed');
      for (const pattern of patterns) expect(status.error, name).toMatch(pattern);
      expect(JSON.stringify([events, status]), name).not.toMatch(PATIENT_IDS);
      expect(events.at(-1), name).toMatchObject({ type: 'training_failed', error: status.error });
    }
  });

  it('says that the numbers left all bounds, and what to do', async () => {
    const { runtime } = await temporaryRuntime();
    const job = await runtime.train(
      request({ ...QUICK, optimizer: 'sgd', learning_rate: 100, weight_decay: 10, epochs: 200 }),
    );
    const { status, error } = await job.result;
    expect(status).toBe('failed');
    expect(error).toMatch(/became (NaN|-?Infinity)/);
    expect(error).toMatch(/lower the learning rate .*clip_norm/);
  });
});

describe('a job whose events cannot be written down any more', () => {
  it('stops with a checkpoint, and who waits for it is told why', async () => {
    const started = await temporaryRuntime();
    const job = await ARRANGE.running(started);
    const full = vi
      .spyOn(EventLog.prototype, 'append')
      .mockRejectedValue(new RuntimeError('store_failed', 'the disk is full'));
    try {
      const status = await job.result;
      expect(status).toMatchObject({ status: 'stopped', error: 'the disk is full' });
      expect(existsSync(join(status.checkpoint!, 'state.bin'))).toBe(true);
    } finally {
      full.mockRestore();
    }
  });
});

describe('ids', () => {
  it('go on after a restart', async () => {
    const dataDir = temporaryFolder();
    const first = await temporaryRuntime({ dataDir });
    expect((await ARRANGE.completed(first)).id).toBe('job_0001');
    await first.runtime.close();
    const second = await temporaryRuntime({ dataDir });
    expect((await ARRANGE.completed(second)).id).toBe('job_0002');
    const old = await second.training.ask<JobStatus>({ type: 'status', jobId: 'job_0001' });
    expect(old).toMatchObject({ status: 'completed', history: { train_loss: [expect.any(Number)] } });
  });
});
