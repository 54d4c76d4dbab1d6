/** `trainer`: trains a network, one run at a time, and leaves the best epoch's model. */
import type { z } from 'zod';
import { type Dataset, type ModelSpec, splitDataset, type TrainedModel, Training } from '../../learn/index.js';
import { type TrainerConfig, trainerConfig } from '../contract/index.js';
import { defineNode } from '../node-type.js';
import { trainingSettingsOf } from '../settings.js';
import { SPLIT_SEED } from './split.js';

/** Shares when nobody split the data before. */
const DEFAULT_SHARES = { train: 0.7, val: 0.15, test: 0.15 };

export const trainer = defineNode({
  type: 'trainer',
  aliases: ['training'],
  name: 'Train',
  category: 'training',
  description:
    'Trains on the training part, picks the epoch on the validation part. Data that nobody split is split here, and the test part kept aside.',
  weight: 'heavy',
  inputs: {
    model: { type: 'model' },
    dataset: { type: 'dataset', optional: true, description: 'Samples that nobody split yet.' },
    train_data: { type: 'dataset', optional: true },
    val_data: { type: 'dataset', optional: true },
  },
  outputs: { trained_model: { type: 'trained_model' }, metrics: { type: 'metrics' }, history: { type: 'history' } },
  config: trainerConfig as z.ZodType<TrainerConfig>,
  provider: ({ provider }) => provider,
  run: async (inputs, context) => {
    const parts = partsOf(inputs);
    const { train, validation } = parts;
    const training = await Training.open(context.device, {
      spec: inputs['model'] as ModelSpec,
      train,
      ...(validation && { validation }),
      settings: trainingSettingsOf(inputs, validation !== undefined),
    });
    try {
      const { provider, precision, notes } = training;
      context.emit({ kind: 'state', type: 'training_started', provider, precision });
      for (const message of notes) context.emit({ kind: 'state', type: 'note', message });
      for (;;) {
        context.throwIfStopped();
        const progress = await training.next();
        if (progress.type === 'finished') break;
        context.progress(progress.progress);
        if (progress.type === 'batch') {
          const { epoch, batch, totalBatches, loss } = progress;
          context.emit({
            kind: 'moment',
            type: 'batch_progress',
            epoch,
            batch,
            total_batches: totalBatches,
            loss,
            progress: progress.progress,
          });
        } else {
          context.emit({
            kind: 'state',
            type: 'epoch_completed',
            epoch: progress.figures['epoch'],
            total_epochs: training.settings.epochs,
            metrics: progress.figures,
            best: progress.best,
            progress: progress.progress,
          });
        }
      }
      const model = await training.model();
      const trained: TrainedModel = parts.heldOut ? { ...model, heldOut: parts.heldOut } : model;
      const chosen = training.history.find(({ epoch }) => epoch === trained.epoch) ?? {};
      const skipped = training.skippedSteps;
      return {
        trained_model: trained,
        // The figures are of the chosen epoch, the updates that were left out of all.
        metrics: { ...chosen, ...(skipped !== undefined && { skipped_steps: skipped }) },
        history: training.history,
      };
    } finally {
      await training.release();
    }
  },
});

interface Parts {
  readonly train: Dataset;
  readonly validation?: Dataset;
  /** Rows kept aside by this node's own split. */
  readonly heldOut?: BigUint64Array;
}

function partsOf(inputs: Record<string, unknown>): Parts {
  const whole = inputs['dataset'] as Dataset | undefined;
  const train = inputs['train_data'] as Dataset | undefined;
  const validation = (inputs['val_data'] as Dataset | null | undefined) ?? undefined;
  if (whole && train) throw new Error('the trainer has both `dataset` and `train_data`: connect one of the two');
  if (train) {
    if (train.part !== undefined && train.part !== 'train')
      throw new Error(`\`train_data\` is the ${train.part} part of a split: connect the output "train"`);
    if (validation?.part === 'test')
      throw new Error(
        '`val_data` is the test part of a split: a model that is chosen on it has no test any more. Connect the output "val"',
      );
    return { train, ...(validation && { validation }) };
  }
  if (!whole) throw new Error('the trainer has no data: connect `dataset`, or `train_data` (and `val_data`)');
  if (whole.part === 'test' || whole.part === 'val')
    throw new Error(`\`dataset\` is the ${whole.part} part of a split: connect the output "train" to \`train_data\``);
  if (whole.part === 'train') return { train: whole, ...(validation && { validation }) };
  if (validation)
    throw new Error(
      'the trainer has `val_data` beside a `dataset` that nobody split, and would split it itself: connect the output "train" of that split to `train_data`',
    );
  const seed = typeof inputs['seed'] === 'number' ? inputs['seed'] : SPLIT_SEED;
  const split = splitDataset(whole, { ...DEFAULT_SHARES, seed });
  return { train: split.train, ...(split.val && { validation: split.val }), heldOut: split.test.rowHashes };
}
