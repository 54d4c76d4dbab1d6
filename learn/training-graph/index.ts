/** Training graphs: a network becomes one ONNX graph that makes a whole training step. */
export { withParameters } from '../models/index.js';
export { type Checkpointing, SQUARE_ROOT_OF_DEPTH } from './checkpointing.js';
export { isLayerStatistic } from './layer-statistics.js';
export type { Precision, StateRole, StateTensor, TrainingGraph, TrainingGraphOptions } from './options.js';
export { inLoop } from './steps-loop.js';
export { trainingGraph } from './training-graph.js';
