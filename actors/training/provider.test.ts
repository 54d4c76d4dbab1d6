import { describe, expect, it, vi } from 'vitest';
import { onWebgpu, webgpuAvailable } from '../../fixtures/webgpu.js';
import { type ChosenProvider, providers, RuntimeError } from '../../runtime/index.js';
import { eventsOf, temporaryRuntime } from '../fixtures/temporary-runtime.js';
import type { JobList } from './messages.js';

const request = (training: Record<string, unknown> = {}) => ({
  model_config: { hidden: [6] },
  data_config: { dataset: 'wdbc' },
  training_config: { epochs: 2, batch_size: 64, seed: 3, ...training },
});

/** Every step is slow without a GPU. */
const SHORT = { epochs: 1, batch_size: 200 };

const NONE = new RuntimeError('provider_unavailable', 'the provider "cuda" does not run here: no libraries');
const jobs = { type: 'list', skip: 0, limit: 10 } as const;

/** A promise that the test resolves. */
function later<T>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** What this machine has, for one test. */
const machineWith = (chosen: () => Promise<ChosenProvider>) => vi.spyOn(providers, 'choose').mockImplementation(chosen);

describe('the provider of a job', () => {
  it('is told with its state, and why `auto` is that one with its first event', async () => {
    using choose = machineWith(async () => ({ provider: 'cpu', reason: 'this machine shows no GPU' }));
    const { runtime } = await temporaryRuntime();
    const job = await runtime.train(request());
    const [first, running] = (await eventsOf(job)).filter(({ seq }) => seq !== undefined);
    expect(choose).toHaveBeenCalledWith('auto');
    expect(first).toMatchObject({ notes: ['computes on cpu: this machine shows no GPU'] });
    expect(running).toMatchObject({ status: 'running', provider: 'cpu' });
    expect(await job.result).toMatchObject({ status: 'completed', provider: 'cpu', device: null });
  });

  it('is refused with what is missing where it does not run, and no job is left behind', async () => {
    using _choose = machineWith(() => Promise.reject(NONE));
    const { runtime, training } = await temporaryRuntime();
    await expect(runtime.train(request({ provider: 'cuda' }))).rejects.toMatchObject({
      code: 'invalid',
      issues: [{ loc: ['body', 'training_config', 'provider'], msg: NONE.message }],
    });
    expect(await training.ask<JobList>(jobs)).toMatchObject({ total: 0 });
  });

  it('is found out while others are answered', async () => {
    const found = later<ChosenProvider>();
    using _choose = machineWith(() => found.promise);
    const { runtime, training } = await temporaryRuntime();
    const started = runtime.train(request({ epochs: 1 }));
    expect(await training.ask<JobList>(jobs)).toMatchObject({ total: 0 });
    found.resolve({ provider: 'cpu' });
    const job = await started;
    expect(await training.ask<JobList>(jobs)).toMatchObject({ total: 1, jobs: [{ job_id: job.id }] });
  });

  it('starts no job when the runtime closes before it is found out', async () => {
    const found = later<ChosenProvider>();
    using _choose = machineWith(() => found.promise);
    const { runtime } = await temporaryRuntime();
    const refused = expect(runtime.train(request())).rejects.toThrow(/ended|closing/);
    await runtime.close();
    found.resolve({ provider: 'cpu' });
    await refused;
  });

  it('has no thread while that of the GPU is being ended: the job is told as failed', async () => {
    using _choose = machineWith(async () => ({ provider: 'webgpu' }));
    const { runtime, training, kernel } = await temporaryRuntime();
    const spawn = vi.spyOn(kernel, 'spawn').mockImplementation(() => {
      throw new RuntimeError('host_gone', 'the thread of the GPU is being ended');
    });
    await expect(runtime.train(request({ provider: 'webgpu' }))).rejects.toMatchObject({ code: 'unavailable' });
    expect(spawn).toHaveBeenCalledWith(expect.anything(), expect.anything(), 'gpu');
    spawn.mockRestore();
    expect((await training.ask<JobList>(jobs)).jobs).toMatchObject([{ job_id: 'job_0001', status: 'failed' }]);
  });
});

describe.skipIf(!webgpuAvailable())(onWebgpu('jobs on WebGPU'), () => {
  it('train side by side on one thread, and come to what the CPU comes to', async () => {
    const { runtime, kernel } = await temporaryRuntime();
    const before = kernel.threads;
    const [one, other] = await Promise.all([
      runtime.train(request({ ...SHORT, provider: 'webgpu' })),
      runtime.train(request({ ...SHORT, provider: 'webgpu', seed: 4 })),
    ]);
    expect(kernel.threads).toBe(before + 1);
    const results = await Promise.all([one.result, other.result]);
    expect(results).toMatchObject([
      { status: 'completed', provider: 'webgpu' },
      { status: 'completed', provider: 'webgpu' },
    ]);
    const onCpu = await (await runtime.train(request({ ...SHORT, provider: 'cpu' }))).result;
    const { history } = results[0]!;
    for (const figure of ['train_loss', 'val_loss']) {
      for (const [epoch, value] of onCpu.history[figure]!.entries())
        expect(history[figure]![epoch]! / value!).toBeCloseTo(1, 3);
    }
  }, 120_000);
});
