/** A batch without rows never makes weights that are no numbers. */
import { describe, expect, test } from 'vitest';
import { cnn, mlp } from '../models/index.js';
import { float32, int64 } from '../onnx/fixtures/run-model.js';
import { batchOf, firstDifference, startOf, stepper } from './fixtures/steps.js';
import { trainingGraph } from './index.js';

const NETWORKS = {
  mlp: { model: mlp({ features: 4, hidden: [5], classes: 3, seed: 1 }), row: [4] },
  cnn: { model: cnn({ channels: 2, size: [8, 8], widths: [4, 5], classes: 3, seed: 1 }), row: [2, 8, 8] },
};

describe.each(Object.entries(NETWORKS))('a batch of no rows, fed to the %s,', (_, { model, row }) => {
  test.each(['cpu', 'cuda'] as const)('has no mean loss, and changes no weight: %s', async (provider) => {
    const graph = trainingGraph({ model, loss: { type: 'cross_entropy' }, optimizer: { type: 'sgd' }, provider });
    const loaded = await stepper(graph);
    const before = startOf(graph);
    const empty = await loaded.step(before, { x: float32([0, ...row], []), labels: int64([0], []) });
    expect(empty.loss).toBeNaN();
    expect(firstDifference(empty.state, before)).toBeUndefined();
    const { loss, state } = await loaded.step(empty.state, batchOf([5, ...row], 3, 1));
    expect(loss).toBeGreaterThan(0);
    expect(firstDifference(state, before)).toBeDefined();
    await loaded.release();
  });
});

test('batch normalisation has no statistics of no rows: the step fails instead of storing NaN', async () => {
  const model = cnn({ channels: 2, size: [8, 8], widths: [4, 5], batchNorm: true, classes: 3, seed: 1 });
  const loaded = await stepper(trainingGraph({ model, loss: { type: 'cross_entropy' }, optimizer: { type: 'sgd' } }));
  const empty = { x: float32([0, 2, 8, 8], []), labels: int64([0], []) };
  await expect(loaded.step(startOf(loaded.graph), empty)).rejects.toThrow('bn1.output');
  await loaded.release();
});
