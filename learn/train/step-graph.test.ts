import { expect, test } from 'vitest';
import { mlp } from '../models/index.js';
import { inLoop, trainingGraph } from '../training-graph/index.js';
import { stepGraph } from './step-graph.js';

const graph = trainingGraph({
  model: mlp({ features: 3, hidden: [2], classes: 2, dropout: 0.5, seed: 1 }),
  loss: { type: 'cross_entropy' },
  optimizer: { type: 'adam' },
});

test.each([
  ['of one step', graph],
  ['of several', inLoop(graph)],
])('of a graph %s stays how it is fed and read, and nothing that is as large as its weights', (_, given) => {
  const kept = stepGraph(given);
  expect(kept).not.toHaveProperty('bytes');
  expect(kept).not.toHaveProperty('model');
  for (const [index, tensor] of kept.state.entries()) {
    const { initial: _initial, ...about } = given.state[index]!;
    expect(tensor).toEqual(about);
  }
  const { hash, inputs, outputs, random, session, precision } = given;
  expect(kept).toMatchObject({ hash, inputs, outputs, random, session, precision });
});

test('the rows of a batch have the symbol in which the masks are written, in one step and in several', () => {
  const [mask] = graph.random;
  expect(stepGraph(graph).rows).toBe(mask!.shape[0]);
  expect(stepGraph(inLoop(graph)).rows).toBe(mask!.shape[0]);
});
