import { expect, test } from 'vitest';
import type { Device, NamedTensors } from '../device.js';
import { mlp } from '../models/index.js';
import { trainingGraph } from '../training-graph/index.js';
import { ShortBatches } from './short-batches.js';

const graph = trainingGraph({
  model: mlp({ features: 2, hidden: [2], classes: 2, seed: 1 }),
  loss: { type: 'cross_entropy' },
  optimizer: { type: 'sgd' },
});

/** A device whose clock is moved by hand; loading takes `loading` ms of it. */
function slowDevice(loading: number) {
  const clock = { now: 1000 };
  const counts = { loads: 0, open: 0, runs: 0 };
  const device: Device = {
    provider: 'cpu',
    download: () => Promise.reject(new Error('not on the CPU')),
    async createSession() {
      clock.now += loading;
      counts.loads += 1;
      counts.open += 1;
      const run = async (): Promise<NamedTensors> => {
        counts.runs += 1;
        return {};
      };
      return {
        provider: 'cpu',
        inputNames: [],
        outputNames: [],
        run,
        runAndKeep: () => Promise.reject(new Error('nothing is kept')),
        async release() {
          counts.open -= 1;
        },
      };
    },
  };
  return { device, clock, counts };
}

test.each([
  ['is loaded anew for each where the epochs are long', 10_000, { loads: 3, open: 0 }],
  ['stays where loading it would be felt', 500, { loads: 1, open: 1 }],
])('the graph of short batches %s', async (_, epoch, expected) => {
  const { device, clock, counts } = slowDevice(50);
  const batches = new ShortBatches(device, graph, () => clock.now);
  expect(counts.loads).toBe(0);
  for (let index = 0; index < 3; index++) {
    clock.now += epoch;
    await batches.run({});
  }
  expect(counts).toEqual({ ...expected, runs: 3 });
  await batches.release();
  await batches.release();
  expect(counts.open).toBe(0);
});

test('a batch that comes soon after a resumption keeps its graph for the next epoch, and a long one gives it back', async () => {
  const { device, clock, counts } = slowDevice(50);
  const batches = new ShortBatches(device, graph, () => clock.now);
  await batches.run({});
  expect(counts.open).toBe(1);
  clock.now += 10_000;
  await batches.run({});
  expect(counts).toEqual({ loads: 1, open: 0, runs: 2 });
});
