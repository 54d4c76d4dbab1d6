import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { MONITORS, needsValidation } from './monitors.js';
import { parse } from './parse.js';
import { schedulerOf } from './scheduler-words.js';
import { earlyStoppingOf, monitorOf, trainingConfig } from './training-config.js';

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
      clip_value: 0.5,
      use_amp: true,
      gradient_checkpointing: { segments: 3 },
      accumulate: 4,
      ema_decay: 0.99,
      no_decay_on_bias_and_norm: true,
      parameter_groups: [{ parameters: ['layer0.*'], learning_rate_scale: 0.1, weight_decay: 0 }],
    };
    expect(faults(all)).toEqual([]);
    // What older clients send when they ask for nothing.
    const nothing = { use_amp: false, gradient_checkpointing: false, accumulate: 1, ema_decay: null, clip_value: null };
    expect(faults(nothing)).toEqual([]);
    expect(faults({ class_weights: [1, 2.5], early_stopping: false, clip_norm: null })).toEqual([]);
  });

  it.each([
    [{ epochs: 0 }, 'epochs: must be at least 1'],
    [{ epochs: 100_001 }, 'epochs: must be at most 100000'],
    [{ batch_size: 65_537 }, 'batch_size: must be at most 65536'],
    [{ learning_rate: 0 }, 'learning_rate: must be greater than 0'],
    [{ learning_rate: Number.POSITIVE_INFINITY }, 'learning_rate: expected a finite number, received Infinity'],
    [{ optimizer: 'Adma' }, 'Did you mean "adam"?'],
    [{ optimizer: 'lbfgs' }, 'optimizer: "lbfgs" is not available in this version'],
    [{ optimizer: 7 }, 'optimizer: expected one of "adamw", "adam"'],
    [{ optimizer: {} }, 'optimizer.type: is required: one of "adamw", "adam"'],
    [{ optimizer: { type: 'lars' } }, 'optimizer.type: "lars" is not available in this version'],
    [{ optimizer: { type: 'adma' } }, 'optimizer.type: there is no "adma". Did you mean "adam"?'],
    [{ optimizer: { type: 'adam', betas: [0.9, 1] } }, 'optimizer.betas.1: must be less than 1'],
    [{ optimizer: { type: 'adam', rho: 0.9 } }, 'optimizer.rho: unknown key "rho"'],
    [{ optimizer: { type: 'sgd', nesterov: true } }, 'optimizer.nesterov: needs a `momentum` above 0'],
    [
      { optimizer: { type: 'sgd', nesterov: true, dampening: 0.1 }, momentum: 0.9 },
      'optimizer.dampening: must be 0 with `nesterov`',
    ],
    [{ momentum: 0.9 }, 'momentum: belongs to "sgd" and "rmsprop", and the optimizer is "adamw"'],
    [{ optimizer: { type: 'sgd', momentum: 0.9 }, momentum: 0.9 }, 'momentum: stands beside `optimizer.momentum`'],
    [{ loss: 'mse' }, 'loss: "mse" is not available in this version: the label of a job is a class'],
    [{ loss: { type: 'cox' } }, 'loss.type: "cox" is not available in this version: there are no times of survival'],
    [{ loss: 'focal', label_smoothing: 0.1 }, 'label_smoothing: belongs to "cross_entropy", and the loss is "focal"'],
    [{ loss: { type: 'focal', gamma: -1 } }, 'loss.gamma: must be at least 0'],
    [{ scheduler: 'plateu' }, 'Did you mean "plateau"?'],
    [{ scheduler: 'step' }, 'scheduler: "step" needs to know more: say it as {"type": "step", "step_size": 30}'],
    [{ scheduler: { type: 'step' } }, 'scheduler.step_size: is required'],
    [{ scheduler: { type: 'cosine', t_0: 3 } }, 'scheduler.t_0: unknown key "t_0"'],
    [{ scheduler: { type: 'onecycle', warmup_epochs: 1 } }, 'scheduler.warmup_epochs: unknown key'],
    [{ scheduler: { type: 'onecycle', three_phase: true, pct_start: 0.6 } }, 'scheduler.pct_start: is at most 0.5'],
    [
      { scheduler: { type: 'cosine', warmup_epochs: 1, warmup_steps: 5 } },
      'scheduler.warmup_epochs: stands beside `warmup_steps`',
    ],
    [{ scheduler: { type: 'linear', warmup_start_factor: 0.1 } }, 'scheduler.warmup_start_factor: needs a warm-up'],
    [
      { scheduler: { type: 'plateau', monitor: 'test_auc' } },
      'scheduler.monitor: "test_auc": a model chosen by its test',
    ],
    [{ use_scheduler: true, scheduler: 'constant' }, 'scheduler: "constant" contradicts `use_scheduler: true`'],
    [{ use_scheduler: false, scheduler: 'onecycle' }, 'scheduler: "onecycle" contradicts `use_scheduler: false`'],
    [{ use_amp: 'yes' }, 'use_amp: expected true or false'],
    [{ gradient_checkpointing: { segments: 0 } }, 'gradient_checkpointing.segments: must be at least 1'],
    [{ accumulate: 0 }, 'accumulate: must be at least 1'],
    [{ ema_decay: 1 }, 'ema_decay: must be less than 1'],
    [{ parameter_groups: [{ parameters: [] }] }, 'parameter_groups.0.parameters: must not be empty'],
    [{ parameter_groups: [{ learning_rate_scale: 2 }] }, 'parameter_groups.0.parameters: is required'],
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
    [{ scheduler: { type: 'onecycle' } }, 'onecycle'],
  ])('reads the schedule of %j as %s', (config, expected) => {
    expect(schedulerOf(trainingConfig.parse(config))).toEqual({ type: expected });
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

describe('the words that have settings', () => {
  it('are those of the JSON Schema, alone and with their settings', () => {
    const { properties } = z.toJSONSchema(trainingConfig, { io: 'input' }) as unknown as {
      properties: Record<
        string,
        { anyOf: [{ enum: string[] }, { oneOf: { properties: { type: { const: string } } }[] }] }
      >;
    };
    for (const [word, least] of [
      ['optimizer', 11],
      ['scheduler', 11],
      ['loss', 2],
    ] as const) {
      const [alone, settings] = properties[word]!.anyOf;
      expect(alone.enum.length, word).toBe(least);
      expect(settings.oneOf.map((one) => one.properties.type.const).sort(), word).toEqual([...alone.enum].sort());
    }
  });
});

describe('MONITORS', () => {
  it.each(Object.entries(MONITORS))('%s gets better towards its %s', (name, mode) => {
    expect(mode).toBe(/loss|brier/.test(name) ? 'min' : 'max');
    expect(needsValidation(name as keyof typeof MONITORS)).toBe(name.startsWith('val'));
  });
});
