import { describe, expect, test } from 'vitest';
import { type Tensor, tensor } from '../../runtime/tensor.js';
import type { NamedTensors } from '../device.js';
import { mlp } from '../models/index.js';
import { random, STREAMS } from '../random.js';
import { trainingGraph } from '../training-graph/index.js';
import { cpuDevice } from './fixtures/cpu-device.js';
import { StepsSession } from './steps-session.js';

const step = trainingGraph({
  model: mlp({ features: 3, hidden: [5], classes: 2, seed: 1 }),
  loss: { type: 'cross_entropy' },
  optimizer: { type: 'adam' },
  clipNorm: 1,
});

const ROWS = 4;

/** Batches of so many steps from `first` on: the same rows for the same step. */
function batches(first: number, steps: number): NamedTensors {
  const x = new Float32Array(steps * ROWS * 3);
  for (let index = 0; index < steps; index++) {
    const draws = random(first + index, STREAMS.user);
    for (let place = 0; place < ROWS * 3; place++) x[index * ROWS * 3 + place] = draws.normal();
  }
  const labels = BigInt64Array.from({ length: steps * ROWS }, (_, row) => BigInt(x[row * 3]! > 0));
  const { inputs } = step;
  return {
    [inputs.x]: tensor('float32', [steps, ROWS, 3], x),
    [inputs.labels]: tensor('int64', [steps, ROWS], labels),
    [inputs.learningRate]: tensor('float32', [steps], new Float32Array(steps).fill(0.05)),
  };
}

/** Losses, and the state after runs of so many steps. */
async function trained(session: StepsSession, runs: readonly number[]) {
  let state: Record<string, Tensor> = Object.fromEntries(step.state.map(({ input, initial }) => [input, initial]));
  const losses: number[] = [];
  let made = 0;
  for (const steps of runs) {
    const results = (await session.run(steps, { ...state, ...batches(made, steps) })) as Record<string, Tensor>;
    expect(results[step.outputs.loss]!.shape).toEqual([steps]);
    expect(results[step.outputs.logits]!.shape).toEqual([steps, ROWS, 2]);
    losses.push(...Array.from(results[step.outputs.loss]!.data, Number));
    state = Object.fromEntries(step.state.map(({ input, output }) => [input, results[output]!]));
    made += steps;
  }
  return { losses, state };
}

describe('a training graph that is loaded', () => {
  test('makes the same steps in runs of any length', async () => {
    const device = cpuDevice();
    const [one, other] = [await StepsSession.open(device, step), await StepsSession.open(device, step)];
    const singly = await trained(one, [1, 1, 1, 1, 1, 1]);
    expect(await trained(other, [1, 3, 1, 1])).toEqual(singly);
    await one.release();
    await other.release();
  });

  test('loads the loop only when a run makes several steps, and then in the place of the single step', async () => {
    const device = cpuDevice();
    const session = await StepsSession.open(device, step);
    await trained(session, [1, 1]);
    expect([device.options.length, device.open]).toEqual([1, 1]);
    await trained(session, [1, 2, 1, 2]);
    expect([device.options.length, device.open]).toEqual([2, 1]);
    await session.release();
    expect(device.open).toBe(0);
  });

  test('refuses feeds of several steps for one', async () => {
    const device = cpuDevice();
    const session = await StepsSession.open(device, step);
    await expect(session.run(1, batches(0, 2))).rejects.toThrow(/fed for 2 steps, and the graph makes one/);
    await session.release();
  });
});
