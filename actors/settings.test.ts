import { describe, expect, it } from 'vitest';
import { learningRateAt, OPTIMIZERS } from '../learn/index.js';
import { trainingConfig } from './contract/index.js';
import { recipeOf, trainingSettingsOf } from './settings.js';

const settingsOf = (words: Record<string, unknown>) => trainingSettingsOf(trainingConfig.parse(words), true);

describe('the settings of a training', () => {
  it('are those of the defaults', () => {
    expect(settingsOf({})).toEqual({
      epochs: 50,
      batchSize: 32,
      learningRate: 1e-3,
      optimizer: { type: 'adamw', weightDecay: 1e-2 },
      schedule: { type: 'constant' },
      loss: { type: 'cross_entropy', labelSmoothing: 0 },
      monitor: { name: 'val_loss', mode: 'min' },
      keepBest: true,
      seed: 42,
    });
  });

  it.each<[Record<string, unknown>, Record<string, unknown>]>([
    [
      { clip_norm: 1, clip_value: 2 },
      { clipNorm: 1, clipValue: 2 },
    ],
    [{ accumulate: 4 }, { accumulate: 4 }],
    [{ ema_decay: 0.9 }, { averageDecay: 0.9 }],
    [{ use_amp: true }, { precision: 'mixed' }],
    [{ gradient_checkpointing: true }, { checkpointing: 'square_root_of_depth' }],
    [{ gradient_checkpointing: { segments: 2 } }, { checkpointing: { segments: 2 } }],
    [{ no_decay_on_bias_and_norm: true }, { decaysOnlyMatrices: true }],
    [
      { parameter_groups: [{ parameters: ['a.*'], learning_rate_scale: 2 }] },
      { groups: [{ parameters: ['a.*'], learningRateScale: 2 }] },
    ],
    [
      { loss: 'focal', class_weights: 'balanced' },
      { loss: { type: 'focal' }, classWeights: 'balanced' },
    ],
    [{ loss: { type: 'focal', gamma: 3 } }, { loss: { type: 'focal', gamma: 3 } }],
    [{ label_smoothing: 0.1 }, { loss: { type: 'cross_entropy', labelSmoothing: 0.1 } }],
  ])('hold what %j asks for', (words, expected) => {
    expect(settingsOf(words)).toMatchObject(expected);
  });

  it.each(OPTIMIZERS)('have the optimiser %s under its word', (type) => {
    expect(settingsOf({ optimizer: type, weight_decay: 0 }).optimizer).toMatchObject({ type, weightDecay: 0 });
  });

  it.each<[Record<string, unknown>, Record<string, unknown>]>([
    [{ optimizer: { type: 'adam', betas: [0.8, 0.9], eps: 1e-6 } }, { beta1: 0.8, beta2: 0.9, epsilon: 1e-6 }],
    [{ optimizer: 'sgd' }, { momentum: 0 }],
    [{ optimizer: 'sgd', momentum: 0.9 }, { momentum: 0.9 }],
    [{ optimizer: { type: 'sgd', momentum: 0.5, nesterov: true } }, { momentum: 0.5, nesterov: true }],
    [
      { optimizer: { type: 'rmsprop', alpha: 0.5, centered: true }, momentum: 0.1 },
      { alpha: 0.5, momentum: 0.1 },
    ],
    [
      { optimizer: { type: 'adagrad', lr_decay: 0.1, initial_accumulator_value: 1 } },
      { learningRateDecay: 0.1, initialAccumulator: 1 },
    ],
    [
      { optimizer: { type: 'nadam', momentum_decay: 0.1, decoupled_weight_decay: true } },
      { momentumDecay: 0.1, decoupledWeightDecay: true },
    ],
    [{ optimizer: { type: 'adadelta', rho: 0.5 } }, { rho: 0.5 }],
  ])('have the settings of %j', (words, expected) => {
    expect(settingsOf(words).optimizer).toMatchObject(expected);
  });

  it('leave the features of a network from a file as they are, unless something is asked for', () => {
    const none = { impute: 'none', scale: 'none' } as const;
    expect(recipeOf(undefined, { onnx: 'n.onnx' })).toEqual(none);
    expect(recipeOf(undefined, {})).toEqual({ impute: 'median', scale: 'standard' });
    expect(recipeOf({ impute: 'mean', scale: 'minmax' }, { onnx: 'n.onnx' })).toEqual({
      impute: 'mean',
      scale: 'minmax',
    });
  });
});

/** Rates at the first update of ten epochs of four updates each. */
function rates(scheduler: unknown, words: Record<string, unknown> = {}): number[] {
  const settings = settingsOf({ scheduler, epochs: 10, learning_rate: 1, ...words });
  return Array.from({ length: 10 }, (_, epoch) => learningRateAt(settings, 4 * epoch, 40));
}

const rounded = (values: readonly number[]) => values.map((value) => Number(value.toFixed(6)));

describe('the schedule', () => {
  it.each<[string, unknown, readonly number[]]>([
    ['steps down', { type: 'step', step_size: 3, gamma: 0.5 }, [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125]],
    [
      'steps at milestones',
      { type: 'multistep', milestones: [2, 8] },
      [1, 1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01],
    ],
    [
      'falls by a factor',
      { type: 'exponential', gamma: 0.5 },
      Array.from({ length: 10 }, (_, at) => Number((0.5 ** at).toFixed(6))),
    ],
    ['falls in a line', 'linear', [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]],
    [
      'falls in a line for so many epochs',
      { type: 'linear', end_factor: 0.5, total_iters: 2 },
      [1, 0.75, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
    ],
    ['falls by a power', { type: 'polynomial', power: 2 }, [1, 0.81, 0.64, 0.49, 0.36, 0.25, 0.16, 0.09, 0.04, 0.01]],
    ['starts anew', { type: 'cosine_restarts', t_0: 2 }, [1, 0.5, 1, 0.5, 1, 0.5, 1, 0.5, 1, 0.5]],
    [
      'counts steps where it is told to',
      { type: 'step', step_size: 8, unit: 'step' },
      [1, 1, 0.1, 0.1, 0.01, 0.01, 0.001, 0.001, 0.0001, 0.0001],
    ],
    ['rises first', { type: 'constant', warmup_epochs: 2, warmup_start_factor: 0 }, [0, 0.5, 1, 1, 1, 1, 1, 1, 1, 1]],
    [
      'rises first for so many steps',
      { type: 'constant', warmup_steps: 8, warmup_start_factor: 0.5 },
      [0.5, 0.75, 1, 1, 1, 1, 1, 1, 1, 1],
    ],
  ])('%s', (_, words, expected) => {
    expect(rounded(rates(words))).toEqual(expected);
  });

  it('rises for a tenth of the training and falls along a cosine under the name warmup_cosine', () => {
    const [first, second, ...rest] = rates('warmup_cosine');
    expect(first).toBeCloseTo(1 / 3, 9);
    expect(second).toBe(1);
    expect(rest).toEqual([...rest].sort((a, b) => b - a));
  });

  it('makes one cycle whose top is the learning rate or what it is told', () => {
    expect(Math.max(...rates('onecycle'))).toBeGreaterThan(0.9);
    expect(rates('onecycle')[0]).toBeCloseTo(1 / 25, 9);
    expect(rates({ type: 'onecycle', max_lr: 5, div_factor: 10 })[0]).toBeCloseTo(0.5, 9);
  });

  it('follows the monitored figure to its better side on a plateau, or another that is named', () => {
    expect(settingsOf({ scheduler: 'plateau' }).schedule).toEqual({
      type: 'reduce_on_plateau',
      figure: 'val_loss',
      mode: 'min',
    });
    const named = {
      type: 'plateau',
      monitor: 'val_auc',
      factor: 0.5,
      patience: 2,
      threshold_mode: 'abs',
      min_lr: 1e-5,
    };
    expect(settingsOf({ scheduler: named }).schedule).toEqual({
      type: 'reduce_on_plateau',
      figure: 'val_auc',
      mode: 'max',
      factor: 0.5,
      patience: 2,
      thresholdMode: 'absolute',
      minLearningRate: 1e-5,
    });
  });
});
