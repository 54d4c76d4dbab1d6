/** Losses, written as nodes of a graph. */
export { type CrossEntropyOptions, crossEntropy, type Reduction } from './cross-entropy.js';
export { type LossSettings, lossRule } from './loss.js';
