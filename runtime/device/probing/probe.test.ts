import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { onWebgpu, webgpuAvailable } from '../../../fixtures/webgpu.js';
import { Control } from '../../host/control.js';
import { tensor } from '../../tensor.js';
import { openDevice } from '../device.js';
import { ThreadBudget } from '../threads.js';
import { probeProvider } from './probe.js';
import { EXAMPLE, EXAMPLE_GRAPH } from './program.js';
import { missingCuda } from './remedies.js';

const library = createRequire(import.meta.url).resolve('onnxruntime-node');

it('the example of the probe has the result that was calculated by hand, and depends on its input', async () => {
  const device = await openDevice({ control: new Control(), budget: new ThreadBudget(undefined, 1) });
  const session = await device.createSession(EXAMPLE_GRAPH);
  const of = ({ dims, data }: { dims: readonly number[]; data: readonly number[] }) =>
    tensor('float32', dims, Float32Array.from(data));
  const { x, w, b, expected } = EXAMPLE;
  const { y } = await session.run({ x: of(x), w: of(w), b: of(b) });
  expect([...(y!.data as Float32Array)]).toEqual(expected);
  const other = await session.run({ x: of({ ...x, data: x.data.map(() => 0) }), w: of(w), b: of(b) });
  expect([...(other['y']!.data as Float32Array)]).not.toEqual(expected);
  await device.release();
});

describe('the probe of a provider', () => {
  it('runs on the CPU, and times it', async () => {
    expect(await probeProvider('cpu')).toMatchObject({
      provider: 'cpu',
      state: 'runs',
      detail: expect.stringMatching(/^ONNX Runtime \d+\.\d+\.\d+ computes \(\d+ ms for a first run\)$/),
    });
  });

  it.skipIf(missingCuda(library) === undefined)(
    'names the libraries that CUDA lacks (skipped where they are)',
    async () => {
      expect(existsSync(library)).toBe(true);
      expect(await probeProvider('cuda')).toMatchObject({
        state: 'missing',
        remedy: expect.stringContaining('ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node'),
      });
    },
  );

  it.skipIf(!webgpuAvailable())(onWebgpu('finds WebGPU'), async () => {
    expect(await probeProvider('webgpu')).toMatchObject({ provider: 'webgpu', state: 'runs' });
  });

  it.skipIf(process.platform !== 'linux')('outlives WebGPU without a driver (tried on Linux)', async () => {
    const named = process.env['VK_DRIVER_FILES'];
    process.env['VK_DRIVER_FILES'] = '/nowhere/driver.json';
    try {
      expect(await probeProvider('webgpu')).toMatchObject({
        state: 'missing',
        remedy: expect.stringContaining('driver for Vulkan'),
      });
    } finally {
      if (named === undefined) delete process.env['VK_DRIVER_FILES'];
      else process.env['VK_DRIVER_FILES'] = named;
    }
  });
});
