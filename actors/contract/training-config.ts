/** `training_config`: how the network is trained. */
import { z } from 'zod';
import { notYet } from './available.js';
import { distinct, name, path, seed } from './fields.js';
import { loss, lossOf } from './loss-words.js';
import { MONITORS, type Monitor, monitor } from './monitors.js';
import { optimizer, optimizerOf } from './optimizer-words.js';
import { scheduler, schedulerOf } from './scheduler-words.js';

/** Stops when the monitored figure has not become better by more than `min_delta` for `patience` epochs. */
export const earlyStopping = z.strictObject({
  monitor: monitor.optional().describe('The `monitor` of the training when left out.'),
  mode: z.enum(['min', 'max', 'auto']).default('auto').describe('"auto" takes the better direction of the figure.'),
  patience: z.int().min(1).max(100_000).default(10),
  min_delta: z.number().min(0).max(1e6).default(0),
});

/** Weights that are named train otherwise than the rest. */
const parameterGroup = z.strictObject({
  parameters: distinct(name, 1, 10_000).describe('Names of weights, in which * stands for any characters: "layer4.*".'),
  learning_rate_scale: z.number().min(0).max(1e6).optional().describe('Times the learning rate; 1 when left out.'),
  weight_decay: z.number().min(0).max(10).optional().describe('In place of that of the training.'),
});

/** The fields alone, for node types that take the same words. */
export const trainingConfigFields = {
  epochs: z.int().min(1).max(100_000).default(50),
  batch_size: z.int().min(1).max(65_536).default(32),
  learning_rate: z.number().gt(0).max(100).default(1e-3),
  optimizer: optimizer
    .default('adamw')
    .describe('A name, or {"type": name, ...} with its settings under PyTorch\'s names: betas, eps, ...'),
  momentum: z.number().min(0).lt(1).optional().describe('For "sgd" and "rmsprop" only.'),
  weight_decay: z
    .number()
    .min(0)
    .max(10)
    .default(1e-2)
    .describe(
      '"adamw" and "lion" shrink the weights by it; the others add it to the gradient, "lamb" to the direction.',
    ),
  use_scheduler: z.boolean().optional().describe('true is the same as `scheduler: "cosine"`.'),
  scheduler: scheduler
    .optional()
    .describe('"constant" when left out. A name, or {"type": name, ...} with its settings under PyTorch\'s names.'),
  loss: loss.default('cross_entropy').describe('"focal" takes `class_weights` as its alpha.'),
  label_smoothing: z.number().min(0).lt(1).default(0).describe('For "cross_entropy" only.'),
  class_weights: z
    .union([z.literal('balanced'), z.array(z.number().gt(0).max(1e6)).min(2).max(1000)])
    .nullish()
    .describe('A weight a class, in the order of the classes, or "balanced".'),
  clip_norm: z.number().gt(0).max(1e9).nullish().describe('Greatest norm of all gradients together.'),
  clip_value: z.number().gt(0).max(1e9).nullish().describe('Greatest absolute value of an element of a gradient.'),
  accumulate: z
    .union([z.int().min(1).max(65_536), z.literal(false)])
    .nullish()
    .describe('Batches whose gradients make one update of the weights; the last one of an epoch may have fewer.'),
  ema_decay: z
    .union([z.number().min(0).lt(1), z.literal(false)])
    .nullish()
    .describe(
      'Decay of a moving average of the weights, at most (1 + t) / (10 + t) in update t; the average is what is validated, kept and exported.',
    ),
  use_amp: z
    .boolean()
    .nullish()
    .describe(
      'Mixed precision: float16 where it pays, weights in float32. Updates whose gradients overflow are skipped.',
    ),
  gradient_checkpointing: z
    .union([z.boolean(), z.strictObject({ segments: z.int().min(1).max(10_000) })])
    .nullish()
    .describe(
      'Computes activations twice instead of keeping them; true cuts the network where that leaves the lowest peak.',
    ),
  no_decay_on_bias_and_norm: z
    .boolean()
    .nullish()
    .describe('No weight decay for biases, and scales and shifts of normalisation (tensors of one axis).'),
  parameter_groups: z.array(parameterGroup).min(1).max(1000).nullish(),
  monitor: monitor.optional().describe('The figure that picks the best epoch; "val_loss" when left out.'),
  keep_best: z.boolean().default(true).describe('Whether the result is the best epoch; else the last.'),
  keep_last: z.int().min(1).max(1000).default(3).describe('How many checkpoints are kept.'),
  checkpoint_every_steps: z
    .int()
    .min(1)
    .max(1_000_000_000)
    .optional()
    .describe('Beside those at the end of epochs (at most one a second), at every pause and at the end.'),
  early_stopping: z.union([earlyStopping, z.literal(false)]).nullish(),
  output_dir: path.optional(),
  save_model: z.boolean().default(true),
  seed: seed.default(42),
  provider: z
    .enum(['auto', 'cpu', 'webgpu', 'cuda'])
    .default('auto')
    .describe('Where it computes. "auto" takes the fastest that runs here; one that is named is taken or refused.'),
  threads: z.int().min(1).max(1024).optional().describe('Threads of one training step.'),
} as const;

type Fields = z.infer<z.ZodObject<typeof trainingConfigFields>>;
type Checked = Pick<
  Fields,
  'momentum' | 'optimizer' | 'use_scheduler' | 'scheduler' | 'early_stopping' | 'monitor' | 'loss' | 'label_smoothing'
>;

/** What the fields must agree on. */
export function checkTraining(config: Checked, context: z.core.$RefinementCtx): void {
  const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
  checkOptimizer(config, refuse);
  const { type: schedule } = schedulerOf(config);
  if (config.use_scheduler === true && schedule === 'constant') {
    refuse(['scheduler'], '"constant" contradicts `use_scheduler: true`: give one of the two');
  }
  if (config.use_scheduler === false && schedule !== 'constant') {
    refuse(['scheduler'], `"${schedule}" contradicts \`use_scheduler: false\`: give one of the two`);
  }
  const { type: chosenLoss } = lossOf(config);
  if (chosenLoss !== 'cross_entropy' && config.label_smoothing > 0) {
    refuse(
      ['label_smoothing'],
      `belongs to "cross_entropy", and the loss is "${chosenLoss}": leave one of the two out`,
    );
  }
  const stopping = config.early_stopping || undefined;
  if (stopping !== undefined && stopping.mode !== 'auto') {
    const figure = stopping.monitor ?? monitorOf(config);
    if (MONITORS[figure] !== stopping.mode) {
      refuse(
        ['early_stopping', 'mode'],
        `"${stopping.mode}" is the worse direction of ${figure}: leave it out, or say "${MONITORS[figure]}"`,
      );
    }
  }
}

/** Optimisers that have a momentum under that name. */
const WITH_MOMENTUM: ReadonlySet<string> = new Set(['sgd', 'rmsprop']);

function checkOptimizer(config: Checked, refuse: (path: string[], message: string) => void): void {
  const words = optimizerOf(config);
  const own = 'momentum' in words ? words.momentum : undefined;
  if (config.momentum !== undefined && !WITH_MOMENTUM.has(words.type)) {
    refuse(['momentum'], `belongs to "sgd" and "rmsprop", and the optimizer is "${words.type}": leave it out`);
  } else if (config.momentum !== undefined && own !== undefined) {
    refuse(['momentum'], 'stands beside `optimizer.momentum`: give one of the two');
  }
  if (words.type !== 'sgd' || words.nesterov !== true) return;
  if ((own ?? config.momentum ?? 0) === 0) refuse(['optimizer', 'nesterov'], 'needs a `momentum` above 0');
  if ((words.dampening ?? 0) > 0) refuse(['optimizer', 'dampening'], 'must be 0 with `nesterov`');
}

/** `training_config` of a job. */
export const trainingConfig = z.strictObject(trainingConfigFields).superRefine(checkTraining);

const ofAJob = (instead: string, ...same: (boolean | number | string)[]) =>
  notYet(`a node of a workflow does not do that: ${instead}`, ...same);

/** The same words for a node of a workflow, less those that only a job can keep. */
export const trainerConfig = z
  .strictObject({
    ...trainingConfigFields,
    checkpoint_every_steps: ofAJob('leave it out, or train as a job'),
    keep_last: ofAJob('leave it out, or train as a job'),
    save_model: ofAJob('leave it out, and connect a model_exporter', false),
    output_dir: ofAJob('leave it out, and connect a model_exporter'),
    threads: ofAJob('the cores are shared out by the runtime; leave it out'),
  })
  .superRefine(checkTraining);

export type TrainerConfig = z.infer<typeof trainerConfig>;

export type TrainingConfig = z.infer<typeof trainingConfig>;

/** The figure that picks the best epoch: the one asked for, else the loss, on the validation rows where there are any. */
export function monitorOf(config: Pick<TrainingConfig, 'monitor'>, hasValidation = true): Monitor {
  return config.monitor ?? (hasValidation ? 'val_loss' : 'train_loss');
}

/** When to stop early, every word filled in; `undefined` when the config does not ask for it. */
export function earlyStoppingOf(config: Pick<TrainingConfig, 'early_stopping' | 'monitor'>) {
  const stopping = config.early_stopping || undefined;
  if (stopping === undefined) return undefined;
  const figure = stopping.monitor ?? monitorOf(config);
  return { monitor: figure, mode: MONITORS[figure], patience: stopping.patience, min_delta: stopping.min_delta };
}
