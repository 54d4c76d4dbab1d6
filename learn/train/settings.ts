import type { OptimizerSettings } from '../optimizers/index.js';
import { type PlateauState, rateAt, type Schedule } from '../schedules/index.js';
import type { Checkpointing, Precision } from '../training-graph/index.js';
import type { WeightGroup } from './weight-groups.js';

/** What a classifier is trained to make small. Class weights are those of the training. */
export type ClassificationLoss =
  | { readonly type: 'cross_entropy'; readonly labelSmoothing?: number }
  | { readonly type: 'focal'; readonly gamma?: number };

/** A schedule of the learning rate; one that lowers the rate on a plateau follows a figure of the epochs. */
export type TrainingSchedule = Schedule & {
  /** For `reduce_on_plateau`. */
  readonly figure?: string;
};

/** How a network is trained: the words of a `training_config`, checked and with every default filled in. */
export interface TrainingSettings {
  readonly epochs: number;
  /** Rows a batch. */
  readonly batchSize: number;
  /** Batches whose gradients are added up to one update of the weights; what is left at the end of an epoch makes one too. Default 1. */
  readonly accumulate?: number;
  readonly learningRate: number;
  readonly optimizer: OptimizerSettings;
  /** Counts updates of the weights. */
  readonly schedule: TrainingSchedule;
  readonly loss: ClassificationLoss;
  /** A weight a class, or `balanced`: rows / (classes * rows of the class), counted on the training rows. */
  readonly classWeights?: readonly number[] | 'balanced';
  /** Weights that train otherwise than the rest. */
  readonly groups?: readonly WeightGroup[];
  /** Whether biases, and scales and shifts of normalisation (tensors of rank 0 and 1), have no weight decay. Default false. */
  readonly decaysOnlyMatrices?: boolean;
  /** Greatest norm of all gradients together. */
  readonly clipNorm?: number;
  /** Greatest absolute value of an element of a gradient; comes before the norm. */
  readonly clipValue?: number;
  /**
   * Decay of an exponential moving average of the weights, 0 to below 1; in update t = 1, 2, ... at most (1 + t) / (10 + t). The average is
   * what is validated, kept as the best epoch and given out; training goes on with the weights themselves.
   */
  readonly averageDecay?: number;
  /** Default `float32`. */
  readonly precision?: Precision;
  /** Computes parts of the forward pass twice instead of keeping them. */
  readonly checkpointing?: Checkpointing;
  /** The figure of an epoch that picks the best one. */
  readonly monitor: { readonly name: string; readonly mode: 'min' | 'max' };
  /** Whether the result is the best epoch; else the last. */
  readonly keepBest: boolean;
  readonly earlyStopping?: {
    readonly monitor: string;
    readonly mode: 'min' | 'max';
    /** Epochs without a better figure. */
    readonly patience: number;
    readonly minDelta: number;
  };
  readonly seed: number;
}

/**
 * Learning rate of an update of the weights.
 * @param update its number, from 0
 * @param totalUpdates of the whole training
 * @param plateau the state of a schedule that lowers the rate on a plateau
 */
export function learningRateAt(
  { learningRate, schedule, epochs }: TrainingSettings,
  update: number,
  totalUpdates: number,
  plateau?: PlateauState,
): number {
  return rateAt(schedule, update, {
    learningRate,
    totalSteps: totalUpdates,
    stepsPerEpoch: totalUpdates / epochs,
    ...(plateau && { plateau }),
  });
}
