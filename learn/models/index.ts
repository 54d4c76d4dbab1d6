/** Networks, as ONNX models with initial weights. */
export { ACTIVATIONS, type Activation } from './activation.js';
export { lowerDropout, type RandomInput } from './dropout.js';
export { type MlpOptions, mlp } from './mlp.js';
export { isParameter, parameterCount, withParameters } from './parameters.js';
