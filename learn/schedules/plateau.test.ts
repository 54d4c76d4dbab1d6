import { describe, expect, test } from 'vitest';
import { nextPlateau, type PlateauSettings, startPlateau } from './index.js';

const LOSSES = [1, 0.9, 0.95, 0.91, 0.92, 0.5, 0.6, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7];
const SCORES = [0.5, 0.6, 0.61, 0.62, 0.7, 0.7, 0.7, 0.705, Number.NaN, 0.9, 0.9, 0.9, 0.9, 0.95, 0.95, 1];

/** The rate before each epoch, from `ReduceLROnPlateau` of PyTorch 2.15. */
const TORCH: readonly [PlateauSettings, metrics: readonly number[], rates: readonly number[]][] = [
  [
    { factor: 0.5, patience: 1 },
    LOSSES,
    [0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.025, 0.025, 0.0125, 0.0125, 0.00625, 0.00625, 0.003125, 0.003125],
  ],
  [
    { patience: 1, cooldown: 2, minLearningRate: 0.002 },
    LOSSES,
    [0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.01, 0.002, 0.002, 0.002, 0.002, 0.002, 0.002, 0.002, 0.002],
  ],
  [
    { mode: 'max', factor: 0.5, patience: 1, threshold: 0.05, thresholdMode: 'absolute' },
    SCORES,
    [0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025, 0.0125, 0.0125, 0.0125, 0.00625, 0.00625, 0.003125, 0.003125],
  ],
  [
    { factor: 0.5, patience: 0, leastChange: 0.02 },
    [1, 1, 1, 1, 1, 1, 1, 1],
    [0.1, 0.1, 0.05, 0.025, 0.025, 0.025, 0.025, 0.025],
  ],
];

describe('the rate on a plateau', () => {
  test.each(TORCH)('falls as in PyTorch: %o', (settings, metrics, rates) => {
    let state = startPlateau(0.1);
    for (const [epoch, metric] of metrics.entries()) {
      expect(state.learningRate).toBeCloseTo(rates[epoch]!, 14);
      // A checkpoint holds it as JSON.
      state = JSON.parse(JSON.stringify(nextPlateau(settings, state, metric)));
    }
  });

  test('waits ten epochs by default', () => {
    let state = nextPlateau({}, startPlateau(1), 3);
    for (let epoch = 0; epoch < 10; epoch++) state = nextPlateau({}, state, 3);
    expect(state.learningRate).toBe(1);
    expect(nextPlateau({}, state, 3).learningRate).toBeCloseTo(0.1, 15);
  });

  test('does not take a figure that is not a number for a better one', () => {
    const state = nextPlateau({ patience: 0 }, startPlateau(1), Number.NaN);
    expect(state).toEqual({ learningRate: 0.1, badEpochs: 0, cooldownLeft: 0 });
  });

  test('leaves the state that it is given as it is', () => {
    const state = Object.freeze(startPlateau(1));
    expect(nextPlateau({}, state, 1)).toEqual({ learningRate: 1, best: 1, badEpochs: 0, cooldownLeft: 0 });
  });
});
