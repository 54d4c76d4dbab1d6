import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DOUBLE } from '../fixtures/double.js';
import { Control } from '../host/control.js';
import { shareTensor, tensor } from '../tensor.js';
import { type OwnedDevice, openDevice } from './device.js';
import { ThreadBudget } from './threads.js';

let control: Control;
let budget: ThreadBudget;
let device: OwnedDevice;

beforeEach(async () => {
  control = new Control();
  budget = new ThreadBudget(undefined, 4);
  device = await openDevice({ control, budget });
});
afterEach(() => device.release());

const x = tensor('float32', [2, 2], Float32Array.of(1, 2, 3, 4));

describe('a session', () => {
  it('runs a graph', async () => {
    const session = await device.createSession(DOUBLE);
    expect(session.inputNames).toEqual(['x']);
    expect(session.outputNames).toEqual(['y']);
    expect(await session.run({ x })).toEqual({ y: tensor('float32', [2, 2], Float32Array.of(2, 4, 6, 8)) });
  });

  it('takes values from shared memory, which the native runtime refuses, by copying them once', async () => {
    const session = await device.createSession(DOUBLE);
    const { y } = await session.run({ x: shareTensor(x) });
    expect([...(y!.data as Float32Array)]).toEqual([2, 4, 6, 8]);
  });

  it('takes its own output as the next input, so state goes round without a copy', async () => {
    const session = await device.createSession(DOUBLE);
    let state = x;
    for (let step = 0; step < 3; step++) state = (await session.run({ x: state }))['y'] as typeof x;
    expect([...state.data]).toEqual([8, 16, 24, 32]);
  });

  it('says in the native words why a graph or a run is refused', async () => {
    await expect(device.createSession(new Uint8Array([1, 2, 3]))).rejects.toMatchObject({ code: 'graph_refused' });
    const session = await device.createSession(DOUBLE);
    await expect(session.run({ x: tensor('float32', [1, 3], new Float32Array(3)) })).rejects.toMatchObject({
      code: 'graph_refused',
      message: expect.stringMatching(/^ONNX Runtime: /),
    });
  });

  it('is released with its device, and as often as anybody likes', async () => {
    const session = await device.createSession(DOUBLE);
    await device.createSession(DOUBLE);
    // Sessions of one device take turns: they hold one place.
    expect([budget.active, control.places]).toEqual([1, 1]);
    await session.release();
    await session.release();
    expect([budget.active, control.places]).toEqual([1, 1]);
    await device.release();
    expect([budget.active, control.places]).toEqual([0, 0]);
  });

  it('makes no native call once the thread is closing, and none counts as under way afterwards', async () => {
    const session = await device.createSession(DOUBLE);
    control.close();
    await expect(session.run({ x })).rejects.toMatchObject({ code: 'stopped' });
    await expect(device.createSession(DOUBLE)).rejects.toMatchObject({ code: 'stopped' });
    await device.release();
    expect(control.mayEnd).toBe(true);
    expect(budget.active).toBe(0);
  });
});

describe('a tensor that is kept', () => {
  it('is an ordinary one on the CPU: it goes round, and is read without a copy', async () => {
    const session = await device.createSession(DOUBLE, { outputsOnDevice: ['y'] });
    const first = await session.runAndKeep({ x });
    expect(first.values).toEqual({});
    const { kept } = await session.runAndKeep({ x: first.kept['y']! });
    const { state } = await device.download({ state: kept['y']! });
    expect(state).toEqual(tensor('float32', [2, 2], Float32Array.of(4, 8, 12, 16)));
    expect(state!.data).toBe((kept['y'] as unknown as typeof x).data);
    kept['y']!.release();
    kept['y']!.release();
    expect(session.kept).toBe(0);
  });

  it('is an output of the graph: another name is refused, and the session is not left behind', async () => {
    await expect(device.createSession(DOUBLE, { outputsOnDevice: ['z'] })).rejects.toThrow(
      /no output "z" to keep on the device: it has y/,
    );
    expect(budget.active).toBe(0);
  });

  it('is told apart from the others: a run that would lose it is refused', async () => {
    const session = await device.createSession(DOUBLE, { outputsOnDevice: ['y'] });
    await expect(session.run({ x })).rejects.toThrow(
      /the outputs y of this session stay on the device: use runAndKeep/,
    );
  });
});

it('a GPU is refused to a thread that may not use it: a second one would crash the process', async () => {
  await expect(openDevice({ control, budget, provider: 'webgpu' })).rejects.toMatchObject({
    code: 'provider_unavailable',
    message: expect.stringMatching(/place the actor on "gpu"/),
  });
});

describe('the number of threads', () => {
  it('is the share of the cores that the others leave', async () => {
    const threads: number[] = [];
    const others = await Promise.all(Array.from({ length: 4 }, () => openDevice({ control, budget })));
    for (const one of [device, ...others]) threads.push((await one.createSession(DOUBLE)).threads);
    expect(threads).toEqual([4, 2, 1, 1, 1]);
    for (const one of others) await one.release();
  });

  it('is not less for the second session of a device: the two take turns', async () => {
    const other = await openDevice({ control, budget });
    await other.createSession(DOUBLE);
    expect((await device.createSession(DOUBLE)).threads).toBe(2);
    expect((await device.createSession(DOUBLE)).threads).toBe(2);
    await other.release();
    expect((await device.createSession(DOUBLE)).threads).toBe(4);
  });

  it('is what was asked for, where something was', async () => {
    const asked = await openDevice({ control, budget, threads: 3 });
    expect((await asked.createSession(DOUBLE)).threads).toBe(3);
    await asked.release();
  });
});
