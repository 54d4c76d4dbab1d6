/** When one figure is better than another, and how long it has not been. */
import type { TrainingSettings } from './settings.js';
import type { TrainingState } from './state.js';

export function better(value: number, than: number, mode: 'min' | 'max', margin = 0): boolean {
  return mode === 'min' ? value < than - margin : value > than + margin;
}

/** The patience after an epoch with this figure; `undefined` for an epoch that does not have it. */
export function waited(
  rule: NonNullable<TrainingSettings['earlyStopping']>,
  patience: TrainingState['patience'],
  value: number | undefined,
): TrainingState['patience'] {
  if (value !== undefined && (patience.value === undefined || better(value, patience.value, rule.mode, rule.minDelta)))
    return { waited: 0, value };
  return { ...patience, waited: patience.waited + 1 };
}
