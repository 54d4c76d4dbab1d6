/** What a training begins with: nothing done, or the state that another one left. */
import { rowCount } from '../data/index.js';
import { startPlateau } from '../schedules/index.js';
import type { TrainingGraph } from '../training-graph/index.js';
import { NO_SUMS } from './epoch-sums.js';
import { TrainingError } from './errors.js';
import type { TrainingInput } from './prepare.js';
import type { TrainingSettings } from './settings.js';
import type { TrainingState } from './state.js';

export function firstState(graph: TrainingGraph, settings: TrainingSettings): TrainingState {
  return {
    graphHash: graph.hash,
    seed: settings.seed,
    epoch: 0,
    step: 0,
    tensors: Object.fromEntries(graph.state.map(({ name, initial }) => [name, initial])),
    sums: NO_SUMS,
    history: [],
    patience: { waited: 0 },
    ...plateauOf(settings, undefined),
  };
}

/**
 * The state to go on with under these settings.
 * @throws TrainingError `state_mismatch` when it belongs to another graph, or to another order of the rows
 */
export function resumedState(from: TrainingState, graph: TrainingGraph, input: TrainingInput): TrainingState {
  const { settings, train } = input;
  if (from.graphHash !== graph.hash) {
    throw new TrainingError(
      'state_mismatch',
      'the checkpoint belongs to another network, optimiser or data width: resume it with the settings it was made with',
    );
  }
  const done = Math.min(rowCount(train), from.step * settings.batchSize);
  const changed = from.seed !== settings.seed ? 'seed' : from.sums.rows !== done ? 'batch_size' : undefined;
  if (changed !== undefined) {
    throw new TrainingError(
      'state_mismatch',
      `the checkpoint was made with another ${changed}, which decides the order of the rows in the middle of epoch ${from.epoch + 1}: resume it with the ${changed} it was made with`,
    );
  }
  const { plateau, ...rest } = from;
  return { ...rest, ...plateauOf(settings, plateau) };
}

/** Another learning rate than before is a wish: from there on the plateaus lower that one. */
function plateauOf(
  { schedule, learningRate }: TrainingSettings,
  before: TrainingState['plateau'],
): Pick<TrainingState, 'plateau'> {
  if (schedule.type !== 'reduce_on_plateau') return {};
  if (!before) return { plateau: { ...startPlateau(learningRate), begunWith: learningRate } };
  if (before.begunWith === learningRate) return { plateau: before };
  return { plateau: { ...before, learningRate, begunWith: learningRate } };
}
