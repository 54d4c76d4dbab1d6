/** `training_config`: how the network is trained. */
import { z } from 'zod';
import { choice, notYet } from './available.js';
import { path, seed } from './fields.js';
import { MONITORS, type Monitor, monitor } from './monitors.js';

/** Stops when the monitored figure has not become better by more than `min_delta` for `patience` epochs. */
export const earlyStopping = z.strictObject({
  monitor: monitor.optional().describe('The `monitor` of the training when left out.'),
  mode: z.enum(['min', 'max', 'auto']).default('auto').describe('"auto" takes the better direction of the figure.'),
  patience: z.int().min(1).max(100_000).default(10),
  min_delta: z.number().min(0).max(1e6).default(0),
});

const scheduler = choice(
  ['constant', 'cosine'],
  ['step', 'multistep', 'exponential', 'plateau', 'linear', 'onecycle', 'warmup_cosine', 'polynomial'],
  'use "cosine" or "constant"',
);

/** The fields alone, for node types that take the same words. */
export const trainingConfigFields = {
  epochs: z.int().min(1).max(100_000).default(50),
  batch_size: z.int().min(1).max(65_536).default(32),
  learning_rate: z.number().gt(0).max(100).default(1e-3),
  optimizer: choice(
    ['adamw', 'adam', 'sgd'],
    ['adagrad', 'adadelta', 'adamax', 'lamb', 'lars', 'lbfgs', 'lion', 'nadam', 'radam', 'rmsprop'],
    'use "adamw", "adam" or "sgd"',
  ).default('adamw'),
  momentum: z.number().min(0).lt(1).optional().describe('For "sgd" only.'),
  weight_decay: z.number().min(0).max(10).default(1e-2),
  use_scheduler: z.boolean().optional().describe('true is the same as `scheduler: "cosine"`.'),
  scheduler: scheduler.optional().describe('"constant" when left out.'),
  loss: choice(
    ['cross_entropy'],
    ['bce', 'cox', 'focal', 'dice', 'mae', 'mse', 'nll', 'smooth_l1'],
    'use "cross_entropy"',
  ).default('cross_entropy'),
  label_smoothing: z.number().min(0).lt(1).default(0),
  class_weights: z
    .union([z.literal('balanced'), z.array(z.number().gt(0).max(1e6)).min(2).max(1000)])
    .nullish()
    .describe('A weight a class, in the order of the classes, or "balanced".'),
  clip_norm: z.number().gt(0).max(1e9).nullish().describe('Greatest norm of all gradients together.'),
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
  accumulate: notYet('take a larger `batch_size` instead', 1),
  use_amp: notYet('training runs in float32; leave it out'),
  gradient_checkpointing: notYet('activations are kept; take a smaller `batch_size` if memory is short'),
} as const;

type Fields = z.infer<z.ZodObject<typeof trainingConfigFields>>;
type Checked = Pick<Fields, 'momentum' | 'optimizer' | 'use_scheduler' | 'scheduler' | 'early_stopping' | 'monitor'>;

/** What the fields must agree on. */
export function checkTraining(config: Checked, context: z.core.$RefinementCtx): void {
  const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
  if (config.momentum !== undefined && config.optimizer !== 'sgd') {
    refuse(['momentum'], `belongs to "sgd", and the optimizer is "${config.optimizer}": leave it out, or take "sgd"`);
  }
  if (config.use_scheduler === true && config.scheduler === 'constant') {
    refuse(['scheduler'], '"constant" contradicts `use_scheduler: true`: give one of the two');
  }
  if (config.use_scheduler === false && config.scheduler === 'cosine') {
    refuse(['scheduler'], '"cosine" contradicts `use_scheduler: false`: give one of the two');
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

/** The schedule of the learning rate that a config asks for. */
export function schedulerOf(config: Pick<TrainingConfig, 'scheduler' | 'use_scheduler'>): 'constant' | 'cosine' {
  return config.scheduler ?? (config.use_scheduler === true ? 'cosine' : 'constant');
}

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
