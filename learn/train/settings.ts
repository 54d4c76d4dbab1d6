import { rateAt } from '../schedules/index.js';

/** How a network is trained: the words of a `training_config`, checked and with every default filled in. */
export interface TrainingSettings {
  readonly epochs: number;
  /** Rows a step. */
  readonly batchSize: number;
  readonly learningRate: number;
  readonly optimizer: {
    readonly type: 'sgd' | 'adam' | 'adamw';
    readonly momentum?: number;
    readonly weightDecay: number;
  };
  readonly schedule: 'constant' | 'cosine';
  readonly labelSmoothing: number;
  /** A weight a class, or `balanced`: rows / (classes * rows of the class), counted on the training rows. */
  readonly classWeights?: readonly number[] | 'balanced';
  /** Greatest norm of all gradients together. */
  readonly clipNorm?: number;
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

/** Learning rate of a step, from 0. */
export function learningRateAt(settings: TrainingSettings, step: number, totalSteps: number): number {
  const { learningRate, schedule, epochs } = settings;
  return rateAt({ type: schedule }, step, { learningRate, totalSteps, stepsPerEpoch: totalSteps / epochs });
}
