import { expect, test } from 'vitest';
import { mlp } from '../models/index.js';
import { type TrainingGraphOptions, trainingGraph } from '../training-graph/index.js';
import { cpuDevice } from './fixtures/cpu-device.js';
import { convolutional, watched } from './fixtures/images.js';
import { checkSameState, wholeBatchGraph } from './whole-batches.js';

const options = (more: Partial<TrainingGraphOptions> = {}): TrainingGraphOptions => ({
  model: mlp({ features: 3, hidden: [4, 2], classes: 2, dropout: 0.5, seed: 1 }),
  loss: { type: 'cross_entropy' },
  optimizer: { type: 'adam' },
  ...more,
});

const plain = trainingGraph(options());

test('two graphs of the same options have the same state, whatever is known of the rows', () => {
  expect(() => checkSameState(plain, trainingGraph(options({ batch: 8 })), 8)).not.toThrow();
});

test.each<[string, Partial<TrainingGraphOptions>, RegExp]>([
  ['other moments', { optimizer: { type: 'sgd', momentum: 0.9 } }, /another state/],
  ['averages', { averageDecay: 0.9 }, /another state/],
  [
    'another width',
    { model: mlp({ features: 3, hidden: [5, 2], classes: 2, dropout: 0.5, seed: 1 }) },
    /another state/,
  ],
  ['no masks', { model: mlp({ features: 3, hidden: [4, 2], classes: 2, seed: 1 }) }, /another order of random numbers/],
  [
    'masks that keep more',
    { model: mlp({ features: 3, hidden: [4, 2], classes: 2, dropout: 0.25, seed: 1 }) },
    /another order of random numbers/,
  ],
])('a graph with %s is refused', (_, more, message) => {
  expect(() => checkSameState(plain, trainingGraph(options({ batch: 8, ...more })), 8)).toThrow(message);
});

test.each([
  ['no batch is whole', { count: 15, batchSize: 16 }, true],
  ['a batch fills no tile', { count: 100, batchSize: 12 }, true],
  ['the machine has no kernels', { count: 100, batchSize: 16 }, false],
])('there is no other graph where %s', async (_, rows, blocks) => {
  const given = options({ model: convolutional() });
  const device = cpuDevice();
  expect(await wholeBatchGraph(watched(device, blocks), trainingGraph(given), given, rows)).toBeUndefined();
  expect(device.open).toBe(0);
});
