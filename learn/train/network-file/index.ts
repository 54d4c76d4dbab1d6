/** Networks from ONNX files, to be fine-tuned. */
export { type AdaptedNetwork, adaptNetwork } from './adapt.js';
export { type CheckedNetwork, checkNetwork } from './check.js';
export { NetworkFault } from './fault.js';
export { withNewWeights } from './new-weights.js';
export { type OpenedNetwork, openNetwork } from './open.js';
export { type NetworkFile, readNetworkFile } from './read.js';
export type { NetworkFileWords } from './words.js';
