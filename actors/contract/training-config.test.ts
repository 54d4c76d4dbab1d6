import { describe, expect, it } from 'vitest';
import { MONITORS, needsValidation } from './monitors.js';
import { parse } from './parse.js';
import { earlyStoppingOf, monitorOf, schedulerOf, trainingConfig } from './training-config.js';

function faults(value: unknown): string[] {
  const parsed = parse(trainingConfig, value);
  return parsed.ok ? [] : parsed.issues.map((issue) => `${issue.loc.join('.')}: ${issue.msg}`);
}

describe('training_config', () => {
  it('fills in its defaults', () => {
    expect(trainingConfig.parse({})).toEqual({
      epochs: 50,
      batch_size: 32,
      learning_rate: 1e-3,
      optimizer: 'adamw',
      weight_decay: 1e-2,
      loss: 'cross_entropy',
      label_smoothing: 0,
      keep_best: true,
      keep_last: 3,
      save_model: true,
      seed: 42,
      provider: 'auto',
    });
  });

  it('accepts every word that this version can do', () => {
    const all = {
      epochs: 3,
      optimizer: 'sgd',
      momentum: 0.9,
      scheduler: 'cosine',
      use_scheduler: true,
      class_weights: 'balanced',
      clip_norm: 1,
      monitor: 'val_auc',
      checkpoint_every_steps: 10,
      early_stopping: { monitor: 'val_loss', mode: 'min', patience: 5, min_delta: 0.001 },
      output_dir: 'out',
      threads: 2,
      use_amp: false,
      gradient_checkpointing: false,
      accumulate: 1,
    };
    expect(faults(all)).toEqual([]);
    expect(faults({ class_weights: [1, 2.5], early_stopping: false, clip_norm: null })).toEqual([]);
  });

  it.each([
    [{ epochs: 0 }, 'epochs: must be at least 1'],
    [{ epochs: 100_001 }, 'epochs: must be at most 100000'],
    [{ batch_size: 65_537 }, 'batch_size: must be at most 65536'],
    [{ learning_rate: 0 }, 'learning_rate: must be greater than 0'],
    [{ learning_rate: Number.POSITIVE_INFINITY }, 'learning_rate: expected a finite number, received Infinity'],
    [{ optimizer: 'Adma' }, 'Did you mean "adam"?'],
    [{ optimizer: 'lion' }, 'optimizer: "lion" is not available in this version'],
    [{ momentum: 0.9 }, 'momentum: belongs to "sgd", and the optimizer is "adamw"'],
    [{ loss: 'focal' }, 'loss: "focal" is not available in this version'],
    [{ scheduler: 'plateau' }, 'scheduler: "plateau" is not available in this version'],
    [{ use_scheduler: true, scheduler: 'constant' }, 'scheduler: "constant" contradicts `use_scheduler: true`'],
    [{ use_scheduler: false, scheduler: 'cosine' }, 'scheduler: "cosine" contradicts `use_scheduler: false`'],
    [{ use_amp: true }, 'use_amp: is not available in this version'],
    [{ gradient_checkpointing: true }, 'gradient_checkpointing: is not available in this version'],
    [{ accumulate: 4 }, 'accumulate: is not available in this version'],
    [{ provider: 'gpu' }, 'provider: expected one of "auto", "cpu", "webgpu", "cuda"'],
    [{ class_weights: [1, 0] }, 'class_weights.1: must be greater than 0'],
    [{ class_weights: 'equal' }, 'class_weights: expected "balanced", or a list'],
    [{ monitor: 'val_auroc' }, 'monitor: no such figure: "val_auroc". Did you mean "val_auc"?'],
    [{ monitor: 'test_auc' }, 'monitor: "test_auc": a model chosen by its test part has no test any more'],
    [{ early_stopping: { patience: 0 } }, 'early_stopping.patience: must be at least 1'],
    [
      { early_stopping: { monitor: 'val_auc', mode: 'min' } },
      'early_stopping.mode: "min" is the worse direction of val_auc',
    ],
    [{ early_stopping: { mode: 'max' } }, 'early_stopping.mode: "max" is the worse direction of val_loss'],
    [{ lr: 0.1 }, 'lr: unknown key "lr". Known: epochs, batch_size'],
    [{ learningRate: 0.1 }, 'learningRate: unknown key "learningRate". Did you mean "learning_rate"?'],
  ])('refuses %j', (value, message) => {
    const found = faults(value);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });

  it.each([
    [{}, 'constant'],
    [{ use_scheduler: false }, 'constant'],
    [{ use_scheduler: true }, 'cosine'],
    [{ scheduler: 'cosine' }, 'cosine'],
  ])('reads the schedule of %j as %s', (config, expected) => {
    expect(schedulerOf(trainingConfig.parse(config))).toBe(expected);
  });

  it('watches the loss unless told otherwise, on the training rows when there are no others', () => {
    expect(monitorOf(trainingConfig.parse({}))).toBe('val_loss');
    expect(monitorOf(trainingConfig.parse({}), false)).toBe('train_loss');
    expect(monitorOf(trainingConfig.parse({ monitor: 'val_auc' }))).toBe('val_auc');
  });

  it('fills in early stopping from the monitor and its better direction', () => {
    const config = trainingConfig.parse({ monitor: 'val_auc', early_stopping: { patience: 3 } });
    expect(earlyStoppingOf(config)).toEqual({ monitor: 'val_auc', mode: 'max', patience: 3, min_delta: 0 });
    expect(earlyStoppingOf(trainingConfig.parse({ early_stopping: false }))).toBeUndefined();
    expect(earlyStoppingOf(trainingConfig.parse({}))).toBeUndefined();
  });
});

describe('MONITORS', () => {
  it.each(Object.entries(MONITORS))('%s gets better towards its %s', (name, mode) => {
    expect(mode).toBe(/loss|brier/.test(name) ? 'min' : 'max');
    expect(needsValidation(name as keyof typeof MONITORS)).toBe(name.startsWith('val'));
  });
});
