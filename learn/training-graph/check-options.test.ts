import { describe, expect, test } from 'vitest';
import { mlp } from '../models/index.js';
import { type TrainingGraphOptions, trainingGraph } from './index.js';

const options = {
  model: mlp({ features: 4, hidden: [3], classes: 2, seed: 1 }),
  loss: { type: 'cross_entropy' },
  optimizer: { type: 'adam' },
} as const;

/** What no type can keep out: requests, files and programs without types. */
function build(more: object) {
  return () => trainingGraph({ ...options, ...more } as TrainingGraphOptions);
}

const NUMBERS = [Number.NaN, Number.POSITIVE_INFINITY, -1, '1', null, {}];

describe('an option that cannot be', () => {
  test.each<[string, readonly unknown[]]>([
    ['model', [null, 'file.onnx', {}]],
    ['loss', [null, 'cross_entropy', {}]],
    ['optimizer', [null, 'adam', []]],
    ['trainable', ['layer0.weight', null, [1]]],
    ['idle', ['keep', null]],
    ['groups', [{}, 'all', [{}], [{ parameters: ['*'] }]]],
    ['clipNorm', [...NUMBERS, 0]],
    ['clipValue', [...NUMBERS, 0]],
    ['sampleWeights', [1, 'yes', null]],
    ['accumulate', [4, 'yes', null]],
    ['averageDecay', [...NUMBERS, 1, []]],
    ['averageWarmUp', [10, null]],
    ['provider', ['gpu', 'toString', null]],
    ['precision', ['float16', 'fp16', 'Mixed', null]],
    ['batch', [...NUMBERS, 0, 1.5]],
    ['cpuLayout', [16, null]],
    ['checkpointing', ['sqrt', 4, null, {}, { boundaries: 'x' }]],
    ['batchStatistics', ['all', false, null]],
  ])('is refused by its name: %s', (name, values) => {
    for (const value of values) expect(build({ [name]: value })).toThrow(`the option ${name} of a training graph is `);
  });

  test.each(['model', 'loss', 'optimizer'])('is refused where it is missing: %s', (name) => {
    expect(build({ [name]: undefined })).toThrow(`a training graph needs the option ${name}`);
  });

  test('is refused where it is misspelt', () => {
    expect(build({ clipnorm: 1 })).toThrow(/no option "clipnorm": it has model, loss, /);
  });

  test.each([{ momentum: '0.9' }, { momentum: null }, { weightDecay: '0' }, { dampening: Number.NaN, momentum: 0.9 }])(
    'is refused as a setting of the optimiser: %j',
    (settings) => {
      expect(build({ optimizer: { type: 'sgd', ...settings } })).toThrow(/the optimiser sgd: .* not /);
    },
  );

  test('counts as not given where it is undefined', () => {
    const words = ['trainable', 'groups', 'clipNorm', 'averageDecay', 'precision', 'provider', 'checkpointing'];
    const nothing = Object.fromEntries(words.map((name) => [name, undefined]));
    expect(build(nothing)().hash).toBe(trainingGraph(options).hash);
  });
});
