import { describe, expect, it, vi } from 'vitest';
import { onWebgpu, webgpuAvailable } from '../../fixtures/webgpu.js';
import { providers, RuntimeError } from '../../runtime/index.js';
import { temporaryRuntime } from '../fixtures/temporary-runtime.js';

/** Every step is slow without a GPU. */
const TRAIN = { epochs: 1, batch_size: 200, seed: 3 };

/** A workflow that trains with the config. */
const workflow = (config: Record<string, unknown>) => ({
  nodes: [
    { id: 'load', type: 'dataset_loader', data: { config: { dataset: 'wdbc' } } },
    { id: 'model', type: 'mlp', data: { config: { hidden: [6] } } },
    { id: 'train', type: 'trainer', data: { config: { ...TRAIN, ...config } } },
  ],
  edges: [
    { source: 'load', sourceHandle: 'dataset', target: 'train', targetHandle: 'dataset' },
    { source: 'model', sourceHandle: 'model', target: 'train', targetHandle: 'model' },
  ],
});

describe('the provider of a trainer node', () => {
  it('fails the node where it does not run, with what is missing', async () => {
    const missing = new RuntimeError('provider_unavailable', 'the provider "cuda" does not run here: no libraries');
    using choose = vi.spyOn(providers, 'choose').mockRejectedValue(missing);
    const { runtime } = await temporaryRuntime();
    const { executions } = await (await runtime.start(workflow({ provider: 'cuda' }))).result;
    expect(choose).toHaveBeenCalledWith('cuda');
    expect(executions['train']).toMatchObject({ status: 'failed', error: missing.message });
  });

  it('starts nothing when the run is cancelled before it is found out', async () => {
    let found!: (chosen: { provider: 'cpu' }) => void;
    let asked!: () => void;
    const wanted = new Promise<void>((resolve) => {
      asked = resolve;
    });
    using _choose = vi.spyOn(providers, 'choose').mockImplementation(() => {
      asked();
      return new Promise((resolve) => {
        found = resolve;
      });
    });
    const { runtime } = await temporaryRuntime();
    const run = await runtime.start(workflow({}));
    await wanted;
    await run.cancel();
    found({ provider: 'cpu' });
    const { executions, status } = await run.result;
    expect(status).toBe('cancelled');
    expect(executions['train']).toMatchObject({ status: 'cancelled' });
  });
});

describe.skipIf(!webgpuAvailable())(onWebgpu('a trainer node on WebGPU'), () => {
  it('trains on the thread of the GPU, and comes to what the CPU comes to', async () => {
    const { runtime } = await temporaryRuntime();
    const figures = [];
    for (const provider of ['webgpu', 'cpu']) {
      const { executions } = await (await runtime.start(workflow({ provider }))).result;
      expect(executions['train']).toMatchObject({ status: 'completed' });
      figures.push(executions['train']!.outputs!['metrics'] as Record<string, number>);
    }
    expect(figures[0]!['val_loss']! / figures[1]!['val_loss']!).toBeCloseTo(1, 3);
  }, 120_000);
});
