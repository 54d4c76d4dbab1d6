/** Networks, as ONNX models with initial weights. */
export { ACTIVATIONS, type Activation } from './activation.js';
export type { ClassifierOptions } from './classifier.js';
export { type CnnBodyOptions, type CnnOptions, cnn } from './cnn.js';
export { lowerDropout, type RandomInput, randomShape } from './dropout.js';
export { type FusionOptions, fusion, type ImageBody } from './fusion.js';
export type { ImageOptions } from './image.js';
export * as layers from './layers/index.js';
export { type HiddenOptions, type MlpOptions, mlp } from './mlp.js';
export { type MobilenetV3BodyOptions, type MobilenetV3Options, mobilenetV3 } from './mobilenet-v3.js';
export { Network } from './network.js';
export { isParameter, parameterCount, runningStatistics, withParameters } from './parameters.js';
export { type ResnetBodyOptions, type ResnetOptions, resnet } from './resnet.js';
export {
  type TokenSource,
  type TransformerBodyOptions,
  type TransformerEncoderOptions,
  transformerEncoder,
} from './transformer-encoder.js';
