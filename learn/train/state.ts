/** Everything that a training is, between two runs, as plain data: with it another process goes on as if nothing had been. */
import type { Tensor } from '../../runtime/tensor.js';
import type { PlateauState } from '../schedules/index.js';
import type { EpochSums } from './epoch-sums.js';

/** Figures of one epoch; `epoch` counts from 1. */
export type EpochFigures = Readonly<Record<string, number>>;

/** The epoch whose monitored figure was the best so far, with its weights. */
export interface BestEpoch {
  readonly epoch: number;
  readonly value: number;
  /** By the parameters' names. */
  readonly parameters: Readonly<Record<string, Tensor>>;
}

/** Between two runs nothing else is remembered. Plain data. */
export interface TrainingState extends TrainingPosition {
  /** Weights, moments and step counts by the names of the graph's state. */
  readonly tensors: Readonly<Record<string, Tensor>>;
}

/** All of it but the tensors, which may lie on a GPU while the training goes on. */
export interface TrainingPosition {
  /** SHA-256 of the graph whose state this is: another graph cannot go on with it. */
  readonly graphHash: string;
  readonly seed: number;
  /** The epoch under way, from 0. */
  readonly epoch: number;
  /** Steps done in it. */
  readonly step: number;
  /** Sums over the steps of the epoch under way. */
  readonly sums: EpochSums;
  readonly history: readonly EpochFigures[];
  readonly best?: BestEpoch;
  /** Epochs since the figure of early stopping was last better, and that figure. */
  readonly patience: { readonly waited: number; readonly value?: number };
  /** Where the learning rate waits for a plateau: its state, and the rate of the settings that it began with. */
  readonly plateau?: PlateauState & { readonly begunWith: number };
  readonly finished?: 'epochs' | 'early_stopping';
}
