import { expect, it } from 'vitest';
import { cpuDevice } from '../../train/fixtures/cpu-device.js';
import { cpuLayoutOf } from './block-size.js';

it('is the number of channels that this machine takes together, and leaves no session behind', async () => {
  const device = cpuDevice();
  const layout = await cpuLayoutOf(device);
  if (layout) expect([8, 16]).toContain(layout.blockSize);
  expect(device.open).toBe(0);
});

it('is nothing where the kernels are missing or are those of plain layouts', async () => {
  const device = cpuDevice();
  const refuses = {
    ...device,
    provider: 'cpu' as const,
    createSession: () => Promise.reject(new Error('no such operator')),
  };
  expect(await cpuLayoutOf(refuses)).toBeUndefined();
  expect(await cpuLayoutOf({ ...refuses, provider: 'webgpu' })).toBeUndefined();
});

it('passes on that the thread is closing', async () => {
  const stopped = Object.assign(new Error('stopped'), { code: 'stopped' });
  const device = { ...cpuDevice(), provider: 'cpu' as const, createSession: () => Promise.reject(stopped) };
  await expect(cpuLayoutOf(device)).rejects.toBe(stopped);
});
