import { expect, test } from 'vitest';
import { mlp, trainingGraph } from '../learn/index.js';
import { tensor } from '../runtime/index.js';
import { cpuDevice } from './cpu-device.js';

test('a graph is trained without a runtime', async () => {
  const graph = trainingGraph({
    model: mlp({ features: 2, hidden: [8], classes: 2, seed: 1 }),
    loss: { type: 'cross_entropy' },
    optimizer: { type: 'adam' },
  });
  const device = await cpuDevice({ threads: 1 });
  const session = await device.createSession(graph.bytes, graph.session);
  let state = Object.fromEntries(graph.state.map(({ input, initial }) => [input, initial]));
  const losses: number[] = [];
  for (let step = 0; step < 60; step++) {
    const results = await session.run({
      ...state,
      [graph.inputs.x]: tensor('float32', [4, 2], Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1)),
      [graph.inputs.labels]: tensor('int64', [4], BigInt64Array.of(0n, 1n, 1n, 1n)),
      [graph.inputs.learningRate]: tensor('float32', [], Float32Array.of(0.05)),
    });
    state = Object.fromEntries(graph.state.map(({ input, output }) => [input, results[output]!]));
    losses.push(Number(results[graph.outputs.loss]!.data[0]));
  }
  expect(losses.at(-1)).toBeLessThan(0.2 * losses[0]!);
  await device.release();
  await expect(session.run(state)).rejects.toThrow();
});

test.each([0, 1.5, -1])('%s threads are refused', async (threads) => {
  await expect(cpuDevice({ threads })).rejects.toThrow(/threads is a whole number >= 1/);
});
