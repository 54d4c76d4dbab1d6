/** Optimisers, written as nodes of a graph. */
export type { AdadeltaSettings } from './adadelta.js';
export type { AdagradSettings } from './adagrad.js';
export type { AdamSettings } from './adam.js';
export type { AdamaxSettings } from './adamax.js';
export { type AverageOptions, emitAverages } from './average.js';
export { clipByGlobalNorm } from './clip-norm.js';
export { clipByValue } from './clip-value.js';
export {
  type GroupedParameter,
  matchesName,
  PARAMETER_KINDS,
  type ParameterGroup,
  resolveGroups,
  type UpdateGroup,
  WITHOUT_DECAY,
} from './groups.js';
export type { LambSettings } from './lamb.js';
export type { LionSettings } from './lion.js';
export type { NadamSettings } from './nadam.js';
export { globalNorm } from './norm.js';
export { emitUpdates, type StateSlot, type Trainable } from './optimizer.js';
export type { RadamSettings } from './radam.js';
export type { RmspropSettings } from './rmsprop.js';
export { OPTIMIZERS, type OptimizerSettings } from './settings.js';
export type { SgdSettings } from './sgd.js';
