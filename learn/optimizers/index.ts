/** Optimisers, written as nodes of a graph. */
export type { AdamSettings } from './adam.js';
export { clipByGlobalNorm } from './clip-norm.js';
export { emitUpdates, OPTIMIZERS, type OptimizerSettings, type StateSlot, type Trainable } from './optimizer.js';
export type { SgdSettings } from './sgd.js';
