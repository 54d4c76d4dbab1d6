import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { onWebgpu, webgpuAvailable } from '../../fixtures/webgpu.js';
import { Control } from '../host/control.js';
import { type Tensor, tensor } from '../tensor.js';
import { type DeviceSession, type DeviceTensor, type OwnedDevice, openDevice } from './device.js';
import { writePlainGraph } from './plain-graph.js';
import { ThreadBudget } from './threads.js';

/** A step: the state grows by what is fed, and its sum comes back. */
const STEP = writePlainGraph({
  inputs: { state: 'float32', count: 'int32', by: 'float32' },
  outputs: { next: 'float32', next_count: 'int32', sum: 'float32' },
  nodes: [
    ['Add', ['state', 'by'], 'next'],
    ['Identity', ['count'], 'next_count'],
    ['ReduceSum', ['next'], 'sum'],
  ],
});

const floats = (...values: number[]): Tensor<'float32'> =>
  tensor('float32', [values.length], Float32Array.from(values));
const count = tensor('int32', [1], Int32Array.of(7));

describe.skipIf(!webgpuAvailable())(onWebgpu('a device on WebGPU'), () => {
  const control = new Control();
  control.ownGpu();
  const budget = new ThreadBudget(undefined, 4);
  let device: OwnedDevice;
  let session: DeviceSession;

  beforeAll(async () => {
    device = await openDevice({ control, budget, provider: 'webgpu' });
  });
  afterAll(() => device.release());
  beforeEach(async () => {
    await device.release();
    session = await device.createSession(STEP, { outputsOnDevice: ['next', 'next_count'] });
  });

  it('keeps the state where it is computed, gives the rest back, and leaves nothing behind', async () => {
    let state: Record<string, Tensor | DeviceTensor> = { state: floats(1, 2, 3), count };
    const sums: number[] = [];
    for (let step = 0; step < 20; step++) {
      const { values, kept } = await session.runAndKeep({ ...state, by: floats(1) });
      sums.push(Number(values['sum']!.data[0]));
      expect(Object.keys(values)).toEqual(['sum']);
      for (const old of Object.values(state)) if ('release' in old) old.release();
      state = { state: kept['next']!, count: kept['next_count']! };
      expect(session.kept).toBe(2);
    }
    expect(sums).toEqual(Array.from({ length: 20 }, (_, step) => 6 + 3 * (step + 1)));
    expect(state['state']).toMatchObject({ dtype: 'float32', shape: [3] });
    expect(state['state']).not.toHaveProperty('data');
  });

  it('brings tensors back, of several types at once, and they go on afterwards', async () => {
    const { kept } = await session.runAndKeep({ state: floats(1, 2), count, by: floats(0.5) });
    for (let again = 0; again < 2; again++) {
      expect(await device.download({ a: kept['next']!, b: kept['next_count']! })).toEqual({
        a: floats(1.5, 2.5),
        b: count,
      });
    }
    const next = await session.runAndKeep({ state: kept['next']!, count: kept['next_count']!, by: floats(1) });
    expect(next.values['sum']!.data[0]).toBe(6);
  });

  it('feeds what one session kept to another', async () => {
    const other = await device.createSession(STEP);
    const { kept } = await session.runAndKeep({ state: floats(1, 2), count, by: floats(1) });
    const { next } = await other.run({ state: kept['next']!, count, by: floats(10) });
    expect(next).toEqual(floats(12, 13));
  });

  it('refuses a run that is fed with what was released, and goes on', async () => {
    const { kept } = await session.runAndKeep({ state: floats(1), count, by: floats(1) });
    kept['next']!.release();
    kept['next']!.release();
    const feeds = { state: kept['next']!, count, by: floats(1) };
    await expect(session.runAndKeep(feeds)).rejects.toThrow(/a tensor \[1\] was released, and a run is fed with it/);
    const { values } = await session.runAndKeep({ ...feeds, state: floats(4) });
    expect(values['sum']!.data[0]).toBe(5);
  });

  it('frees what nobody released before the session itself, whose end would leave it to a crash', async () => {
    const { kept } = await session.runAndKeep({ state: floats(1), count, by: floats(1) });
    await session.release();
    expect(session.kept).toBe(0);
    kept['next']!.release();
    await expect(device.download({ a: kept['next']! })).rejects.toThrow(/released/);
  });

  it('takes no cores from the sessions of the CPU', () => {
    expect(budget.active).toBe(0);
    expect(control.places).toBe(0);
  });

  it('begins nothing once the thread is closing, but brings back what would be lost, and frees everything', async () => {
    const closing = new Control();
    closing.ownGpu();
    const own = await openDevice({ control: closing, budget, provider: 'webgpu' });
    const last = await own.createSession(STEP, { outputsOnDevice: ['next', 'next_count'] });
    const { kept } = await last.runAndKeep({ state: floats(1), count, by: floats(1) });
    closing.close();
    await expect(last.runAndKeep({ state: floats(1), count, by: floats(1) })).rejects.toMatchObject({
      code: 'stopped',
    });
    expect(await own.download({ state: kept['next']! })).toEqual({ state: floats(2) });
    await own.release();
    expect(closing.mayEnd).toBe(true);
    expect(last.kept).toBe(0);
  });
});
