/** Differentiation of ONNX graphs. */
export { decomposeBehind, lowerForDifferentiation } from './decompositions/index.js';
export { DERIVATIVES } from './derivatives/index.js';
export { type DifferentiateOptions, differentiate } from './differentiate.js';
export { reverseWalk } from './reverse-walk.js';
