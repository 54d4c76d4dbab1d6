/** A training whose numbers are none any more ends, before they are kept as the best epoch or given out. */
import type { Tensor } from '../../runtime/tensor.js';
import { TrainingError } from './errors.js';
import type { TrainingSettings } from './settings.js';
import type { TrainingPosition } from './state.js';

/**
 * A step can leave weights that are no numbers behind although its own loss, computed before, was one.
 * @param what is looked at, as the beginning of a sentence
 * @throws TrainingError `diverged`
 */
export function refuseDiverged(
  tensors: readonly Pick<Tensor, 'data'>[],
  what: string,
  { epoch, step }: Pick<TrainingPosition, 'epoch' | 'step'>,
  { learningRate, precision }: TrainingSettings,
): void {
  for (const { data } of tensors) {
    const bad = (data as Float32Array).find((value) => !Number.isFinite(value));
    if (bad === undefined) continue;
    throw new TrainingError(
      'diverged',
      `${what} became ${bad} after ${epoch} epochs and ${step} steps: lower the learning rate (${learningRate}), or set clip_norm${precision === 'mixed' ? ', or leave out use_amp' : ''}`,
    );
  }
}
