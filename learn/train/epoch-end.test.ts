import { describe, expect, test } from 'vitest';
import { tensor } from '../../runtime/tensor.js';
import { startPlateau } from '../schedules/index.js';
import { afterEpoch } from './epoch-end.js';
import { NO_SUMS } from './epoch-sums.js';
import { SETTINGS } from './fixtures/patients.js';
import type { TrainingSettings } from './settings.js';
import type { TrainingState } from './state.js';

const weights = (value: number) => ({ w: tensor('float32', [1], Float32Array.of(value)) });

const before: TrainingState = {
  graphHash: 'hash',
  seed: 5,
  epoch: 2,
  step: 9,
  tensors: weights(3),
  sums: { loss: 4, correct: 5, rows: 6 },
  history: [
    { epoch: 1, val_loss: 0.5 },
    { epoch: 2, val_loss: 0.4 },
  ],
  best: { epoch: 2, value: 0.4, parameters: weights(2) },
  patience: { waited: 0, value: 0.4 },
};

const end = (
  figures: Record<string, number>,
  settings: Partial<TrainingSettings> = {},
  state: Partial<TrainingState> = {},
) =>
  afterEpoch(
    { ...before, ...state },
    { ...SETTINGS, ...settings },
    { figures: { epoch: 3, ...figures }, parameters: weights(3) },
  );

test('the next epoch begins with no step and no sums, and the figures are history', () => {
  const { state } = end({ val_loss: 0.6 });
  expect(state).toMatchObject({ epoch: 3, step: 0, sums: NO_SUMS, tensors: before.tensors });
  expect(state.history).toEqual([...before.history, { epoch: 3, val_loss: 0.6 }]);
  expect(state).not.toHaveProperty('finished');
});

describe('the best epoch', () => {
  test.each<[string, Record<string, number>, Partial<TrainingState>, number | undefined]>([
    ['is this one when its figure is better', { val_loss: 0.3 }, {}, 3],
    ['stays when the figure is the same', { val_loss: 0.4 }, {}, 2],
    ['stays when the figure is worse', { val_loss: 0.5 }, {}, 2],
    ['stays when there is no figure', {}, {}, 2],
    ['is the first one that has the figure', { val_loss: 9 }, { best: undefined } as never, 3],
  ])('%s', (_, figures, state, expected) => {
    const ended = end(figures, {}, state);
    expect(ended.state.best?.epoch).toBe(expected);
    expect(ended.best).toBe(expected === 3);
    expect(ended.state.best?.parameters).toEqual(weights(expected!));
  });
});

describe('the end', () => {
  const earlyStopping = { monitor: 'val_loss', mode: 'min', patience: 2, minDelta: 0 } as const;
  test.each<[string, Partial<TrainingSettings>, Partial<TrainingState>, string | undefined]>([
    ['comes after the last epoch', { epochs: 3 }, {}, 'epochs'],
    [
      'comes when the patience is at its end',
      { earlyStopping },
      { patience: { waited: 1, value: 0.4 } },
      'early_stopping',
    ],
    [
      'has early stopping for its reason where both are true',
      { epochs: 3, earlyStopping },
      { patience: { waited: 1, value: 0.4 } },
      'early_stopping',
    ],
    ['does not come before', { epochs: 4, earlyStopping }, {}, undefined],
  ])('%s', (_, settings, state, expected) => {
    expect(end({ val_loss: 0.6 }, settings, state).state.finished).toBe(expected);
  });
});

test('a plateau lowers the rate by the figure it follows, and keeps the rate that it began with', () => {
  const schedule = { type: 'reduce_on_plateau', patience: 0, factor: 0.5, figure: 'train_loss' } as const;
  const plateau = { ...startPlateau(0.1), begunWith: 0.1 };
  const first = end({ val_loss: 0.1, train_loss: 1 }, { schedule }, { plateau }).state.plateau!;
  expect(first).toMatchObject({ learningRate: 0.1, begunWith: 0.1 });
  const second = end({ val_loss: 0.05, train_loss: 1 }, { schedule }, { plateau: first }).state.plateau!;
  expect(second).toMatchObject({ learningRate: 0.05, begunWith: 0.1 });
});
