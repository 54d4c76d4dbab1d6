/** What an epoch's figures decide: the best epoch, early stopping, a plateau, the end. */
import type { Tensor } from '../../runtime/tensor.js';
import { nextPlateau } from '../schedules/index.js';
import { better, waited } from './early-stopping.js';
import { NO_SUMS } from './epoch-sums.js';
import type { TrainingSettings } from './settings.js';
import type { EpochFigures, TrainingPosition } from './state.js';

/** An epoch of which all steps are made. */
export interface EndedEpoch {
  readonly figures: EpochFigures;
  /** What is kept of it should it be the best. */
  readonly parameters: Readonly<Record<string, Tensor>>;
}

/** The state before the next epoch, and whether this one is the best so far. */
export function afterEpoch(
  state: TrainingPosition,
  { monitor, earlyStopping, epochs, schedule }: TrainingSettings,
  { figures, parameters }: EndedEpoch,
): { readonly state: TrainingPosition; readonly best: boolean } {
  const { best, patience, plateau } = state;
  const epoch = state.epoch + 1;
  const value = figures[monitor.name];
  const isBest = value !== undefined && (best === undefined || better(value, best.value, monitor.mode));
  const stopping = earlyStopping && waited(earlyStopping, patience, figures[earlyStopping.monitor]);
  const stopped = stopping !== undefined && earlyStopping !== undefined && stopping.waited >= earlyStopping.patience;
  const next: TrainingPosition = {
    ...state,
    epoch,
    step: 0,
    sums: NO_SUMS,
    history: [...state.history, figures],
    ...(plateau &&
      schedule.type === 'reduce_on_plateau' && {
        plateau: {
          ...nextPlateau(schedule, plateau, figures[schedule.figure ?? monitor.name] ?? Number.NaN),
          begunWith: plateau.begunWith,
        },
      }),
    ...(isBest && { best: { epoch, value, parameters } }),
    patience: stopping ?? patience,
    ...(stopped ? { finished: 'early_stopping' as const } : epoch >= epochs ? { finished: 'epochs' as const } : {}),
  };
  return { state: next, best: isBest };
}
