/** What the graph of a step is fed for several steps at once, and what becomes of the state. */
import { tensor } from '../../runtime/tensor.js';
import type { Batch } from '../data/index.js';
import type { Feeds } from '../device.js';
import { dropoutMasks } from './masks.js';
import type { StepGraph } from './step-graph.js';

/** Steps that follow one another. */
export interface FedSteps {
  /** The rows of all of them, in their order; each step has as many as the others. */
  readonly batch: Batch;
  /** A learning rate a step. */
  readonly rates: Float32Array;
  /** Whether a step (from 0) changes the weights, where gradients are added up. */
  completes(step: number): boolean;
  /** Of the masks. */
  readonly seed: number;
  /** Number of the first step in the training, from 0. */
  readonly position: number;
  /** The state before them, by its names. */
  readonly tensors: Feeds;
}

export function stepFeeds(graph: StepGraph, { batch, rates, completes, seed, position, tensors }: FedSteps): Feeds {
  const { inputs, random, state, rows: symbol } = graph;
  const { features, labels } = batch;
  const steps = rates.length;
  const rows = labels.data.length / steps;
  const feeds: Record<string, Feeds[string]> = {
    [inputs.x]: tensor('float32', [steps, rows, ...features.shape.slice(1)], features.data),
    [inputs.labels]: tensor('int64', [steps, rows], labels.data),
    [inputs.learningRate]: tensor('float32', [steps], rates),
    ...dropoutMasks(random, { seed, position, steps, extents: { [symbol]: rows } }),
  };
  if (inputs.apply !== undefined) {
    const changing = Uint8Array.from(rates, (_, step) => Number(completes(step)));
    feeds[inputs.apply] = tensor('bool', [steps], changing);
  }
  for (const { name, input } of state) feeds[input] = tensors[name]!;
  return feeds;
}

/** The state after a run, by its names. */
export function nextTensors({ state }: StepGraph, results: Feeds): Feeds {
  return Object.fromEntries(state.map(({ name, output }) => [name, results[output]!]));
}
