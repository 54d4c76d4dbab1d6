import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InvalidRequest, type JobStatus } from '../../../actors/runtime-types.js';
import { EXIT } from '../exit-codes.js';
import type { Engine } from '../surroundings.js';
import { surroundingsWith } from '../testing/doubles.js';
import { fakeRuntime, jobStatusWith, type Script } from '../testing/fake-runtime.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import type { WorkFlags } from '../work-session.js';
import { trainModel } from './train.js';

const REQUEST = { data_config: { dataset: 'wdbc' }, training_config: { epochs: 3 } };

function setUp(script: Script<JobStatus>, content: unknown = REQUEST, engine: Partial<Engine> = {}) {
  const workingDirectory = temporaryFolder();
  writeFileSync(join(workingDirectory, 'job.json'), JSON.stringify(content));
  const calls: string[] = [];
  const surroundings = surroundingsWith(
    { createRuntime: async () => fakeRuntime({ job: script, onCall: (call) => void calls.push(call) }), ...engine },
    { workingDirectory },
  );
  const run = (flags: WorkFlags = {}): Promise<number> => trainModel('job.json', flags, surroundings);
  return { ...surroundings, calls, run };
}

const complete: Script<JobStatus> = (events) => {
  events.send('epoch_completed', {
    epoch: 3,
    total_epochs: 3,
    metrics: { train_loss: 0.25 },
    best: true,
    progress: 100,
  });
  return jobStatusWith('completed', { model_path: '/data/model.onnx' });
};

describe('ganglion train', () => {
  it('shows the epochs and the summary, and ends with 0', async () => {
    const { run, stdout, calls } = setUp(complete);
    expect(await run()).toBe(EXIT.done);
    expect(stdout.text).toContain('epoch 3/3  loss 0.2500  (best so far)\n');
    expect(stdout.text).toContain('best epoch 3: loss 0.2500');
    expect(stdout.text).toContain('/data/model.onnx');
    expect(calls).toEqual(['train', 'close']);
  });

  it('prints with --json exactly the status of the job on standard output', async () => {
    const { run, stdout, stderr } = setUp(complete);
    expect(await run({ json: true })).toBe(EXIT.done);
    expect(JSON.parse(stdout.text)).toEqual(jobStatusWith('completed', { model_path: '/data/model.onnx' }));
    expect(stderr.text).toContain('epoch 3/3');
  });

  it.each(['failed', 'stopped'] as const)('ends with 1 when the job %s by itself', async (status) => {
    expect(await setUp(() => jobStatusWith(status)).run()).toBe(EXIT.failed);
  });

  it('leaves a request that goes on from a checkpoint to the runtime: the rest of it stands there', async () => {
    expect(await setUp(complete, { resume_from: 'job_0007' }).run()).toBe(EXIT.done);
  });

  it('stops the job at SIGTERM, says where the checkpoint is and how to go on, and ends with 143', async () => {
    const { run, signals, stdout, calls } = setUp(async (_events, asked) => {
      await new Promise<void>((resolve) => asked.addEventListener('abort', () => resolve()));
      return jobStatusWith('stopped', { checkpoint: '/data/checkpoints/1' });
    });
    const code = run();
    await expect.poll(() => calls).toContain('train');
    signals.send('SIGTERM');
    expect(await code).toBe(143);
    expect(calls).toEqual(['train', 'stop', 'close']);
    expect(stdout.text).toContain('add "resume_from": "/data/checkpoints/1" to job.json');
  });

  it('tells every fault of the request in a line, ends with 2, and starts nothing', async () => {
    const { run, stderr, stdout, calls } = setUp(complete, { data_config: {}, training_config: { epochs: 0, lr: 1 } });
    expect(await run({ json: true })).toBe(EXIT.usage);
    const lines = stderr.text.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    for (const place of ['data_config', 'training_config.epochs', 'training_config.lr']) {
      expect(lines.some((line) => line.startsWith(`error: ${place}: `))).toBe(true);
    }
    expect((JSON.parse(stdout.text) as { detail: unknown[] }).detail).toHaveLength(3);
    expect(calls).toEqual([]);
  });

  it('does the same for faults that only the runtime finds', async () => {
    const issues = [{ loc: ['body', 'resume_from'], msg: 'is no checkpoint', type: 'custom' }];
    const refusing = { ...fakeRuntime({}), train: async () => Promise.reject(new InvalidRequest(issues)) };
    const { run, stderr } = setUp(complete, { resume_from: 'job_0007' }, { createRuntime: async () => refusing });
    expect(await run()).toBe(EXIT.usage);
    expect(stderr.text).toBe('error: resume_from: is no checkpoint\n');
  });
});
