import { expect, it } from 'vitest';
import { mlp } from '../models/index.js';
import { type TrainingGraphOptions, trainingGraph } from '../training-graph/index.js';
import { givenOut } from './given-out.js';

const graphWith = (more: Partial<TrainingGraphOptions> = {}) =>
  trainingGraph({
    model: mlp({ features: 3, hidden: [2], classes: 2, seed: 1 }),
    loss: { type: 'cross_entropy' },
    optimizer: { type: 'adam' },
    ...more,
  });

it('gives out the averages of the weights where there are any', () => {
  const names = ['layer0.weight', 'layer0.bias', 'layer1.weight', 'layer1.bias'];
  expect([...givenOut(graphWith())].sort()).toEqual(names.map((name) => [name, name]).sort());
  const averaged = givenOut(graphWith({ averageDecay: 0.9 }));
  expect([...averaged].sort()).toEqual(names.map((name) => [name, `${name}/average`]).sort());
});
