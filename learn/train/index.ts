/** Training, evaluation and export of networks on a device that somebody else provides. */
export { TrainingError, type TrainingErrorCode } from './errors.js';
export { type EvaluationOptions, evaluate, testRowsOf } from './evaluate.js';
export {
  type CheckedNetwork,
  checkNetwork,
  NetworkFault,
  type NetworkFile,
  type NetworkFileWords,
  readNetworkFile,
} from './network-file/index.js';
export { Scorer } from './scorer.js';
export { exportModel, scoringGraph } from './scoring-graph.js';
export {
  type ClassificationLoss,
  learningRateAt,
  type TrainingSchedule,
  type TrainingSettings,
} from './settings.js';
export type { BestEpoch, EpochFigures, TrainingState } from './state.js';
export type { StepGraph } from './step-graph.js';
export {
  type FileNetworkSpec,
  type FileSpec,
  type MlpSpec,
  type ModelSpec,
  parameterCountOf,
  type TrainedModel,
} from './trained-model.js';
export { Training, type TrainingInput, type TrainingProgress } from './training.js';
export type { WeightGroup } from './weight-groups.js';
