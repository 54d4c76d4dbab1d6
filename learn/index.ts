/**
 * `ganglion/learn`: data, models, gradients, losses, optimisers, metrics and training as plain ONNX graphs. It knows no actors:
 * whoever has a device that runs ONNX can use it.
 */

export { type DType, type Tensor, tensor } from '../runtime/tensor.js';
export { DERIVATIVES, type DifferentiateOptions, differentiate } from './autodiff/index.js';
export * from './data/index.js';
export type {
  Device,
  DeviceTensor,
  Feeds,
  GraphSession,
  KeptRun,
  NamedTensors,
  Provider,
  SessionOptions,
} from './device.js';
export * from './initialization/index.js';
export * from './losses/index.js';
export { crossEntropy } from './losses/index.js';
export { cpuLayoutOf } from './lowerings/blocked/block-size.js';
export type { BlockedLayout } from './lowerings/blocked/index.js';
export * from './metrics/index.js';
// The metric of that name; the loss keeps it.
export { crossEntropy as meanCrossEntropy } from './metrics/index.js';
export * from './models/index.js';
export * from './optimizers/index.js';
export { permutation, type Random, random, STREAMS } from './random.js';
export * from './schedules/index.js';
export * from './train/index.js';
export {
  type Checkpointing,
  inLoop,
  type Precision,
  SQUARE_ROOT_OF_DEPTH,
  type StateRole,
  type StateTensor,
  type TrainingGraph,
  type TrainingGraphOptions,
  trainingGraph,
  withParameters,
} from './training-graph/index.js';
