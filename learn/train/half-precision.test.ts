import { expect, it } from 'vitest';
import type { Device, Provider } from '../device.js';
import { cpuDevice } from './fixtures/cpu-device.js';
import { checkHalfPrecision } from './half-precision.js';

/** A device that the CPU stands in for, and that answers as told. */
function gpu(run: (device: Device) => Device['createSession']): Device {
  const cpu = cpuDevice();
  const provider: Provider = 'webgpu';
  return { ...cpu, provider, createSession: run(cpu), download: cpu.download };
}

it('is not asked of the CPU', async () => {
  const device = cpuDevice();
  await checkHalfPrecision(device);
  expect(device.options).toEqual([]);
});

it('is there where a sum in float16 is right', async () => {
  await checkHalfPrecision(gpu((cpu) => (model, options) => cpu.createSession(model, options)));
});

it('is missed in a sentence where the sum fails, and the session is released', async () => {
  let released = 0;
  const failing = gpu((cpu) => async (model, options) => {
    const session = await cpu.createSession(model, options);
    return {
      ...session,
      run: () => Promise.reject(new Error('Program Cast requires f16')),
      release: async () => {
        released += 1;
        await session.release();
      },
    };
  });
  await expect(checkHalfPrecision(failing)).rejects.toMatchObject({
    code: 'unusable_precision',
    message: expect.stringContaining('leave out use_amp'),
    cause: { message: 'Program Cast requires f16' },
  });
  expect(released).toBe(1);
});
