/** Learning-rate schedules as plain data. */
import type { OneCycleSettings } from './one-cycle.js';
import type { PlateauSettings, PlateauState } from './plateau.js';

/** The rate stays as it is. */
export interface ConstantSchedule {
  readonly type: 'constant';
}

/** Every `every` units the rate is multiplied by `gamma` (`StepLR`). */
export interface StepSchedule {
  readonly type: 'step';
  readonly every: number;
  /** Default 0.1. */
  readonly gamma?: number;
}

/** At every milestone the rate is multiplied by `gamma` (`MultiStepLR`). */
export interface MultiStepSchedule {
  readonly type: 'multi_step';
  /** Units from the start; one that is named twice counts twice. */
  readonly milestones: readonly number[];
  /** Default 0.1. */
  readonly gamma?: number;
}

/** learningRate * gamma^t (`ExponentialLR`). */
export interface ExponentialSchedule {
  readonly type: 'exponential';
  readonly gamma: number;
}

/** Half a cosine down to `minLearningRate`, then up again (`CosineAnnealingLR`; Loshchilov and Hutter 2017, equation 5). */
export interface CosineSchedule {
  readonly type: 'cosine';
  /** Units from top to bottom. Default: to the end of the training. */
  readonly period?: number;
  /** Default 0. */
  readonly minLearningRate?: number;
}

/** Half cosines, each starting anew at the top (`CosineAnnealingWarmRestarts`; Loshchilov and Hutter 2017). */
export interface CosineRestartsSchedule {
  readonly type: 'cosine_restarts';
  /** Units of the first one (T_0). */
  readonly period: number;
  /** Each is so many times as long as the one before (T_mult); a whole number. Default 1. */
  readonly growth?: number;
  /** Default 0. */
  readonly minLearningRate?: number;
}

/** A straight line between two shares of the learning rate (`LinearLR`). */
export interface LinearSchedule {
  readonly type: 'linear';
  /** Default 1. */
  readonly startFactor?: number;
  /** Default 0. */
  readonly endFactor?: number;
  /** Units from start to end; later the rate stays. Default: to the end of the training. */
  readonly length?: number;
}

/** learningRate * (1 - t / length)^power, then 0 (`PolynomialLR`). */
export interface PolynomialSchedule {
  readonly type: 'polynomial';
  /** Default 1. */
  readonly power?: number;
  /** Units. Default: to the end of the training. */
  readonly length?: number;
}

/** A schedule without what all have in common. */
export type ScheduleShape =
  | ConstantSchedule
  | StepSchedule
  | MultiStepSchedule
  | ExponentialSchedule
  | CosineSchedule
  | CosineRestartsSchedule
  | LinearSchedule
  | PolynomialSchedule
  | ({ readonly type: 'one_cycle' } & OneCycleSettings)
  | ({ readonly type: 'reduce_on_plateau' } & PlateauSettings);

/** Steps before the schedule begins, in which the rate rises in a straight line to the schedule's first one (`LinearLR` in front, by `SequentialLR`). */
export type WarmUp = ({ readonly steps: number } | { readonly epochs: number }) & {
  /** Share of the rate in the very first step. Default 1/3, as PyTorch. */
  readonly startFactor?: number;
};

/**
 * A learning-rate schedule. It counts in its `unit`, from 0: steps of the optimiser, or epochs (during an epoch the rate then stays).
 * `step`, `multi_step` and `exponential` count epochs unless told otherwise, the others steps.
 */
export type Schedule = ScheduleShape & {
  readonly unit?: 'step' | 'epoch';
  readonly warmup?: WarmUp;
};

/** What a schedule needs to know of the training. */
export interface ScheduleContext {
  readonly learningRate: number;
  /** Steps of the whole training, those of the warm-up among them. */
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  /** The state of `reduce_on_plateau`; without it that schedule is at its start. */
  readonly plateau?: PlateauState;
}
