/** Training, evaluation and export of networks on a device that somebody else provides. */
export { TrainingError, type TrainingErrorCode } from './errors.js';
export { type EvaluationOptions, evaluate, testRowsOf } from './evaluate.js';
export { Scorer } from './scorer.js';
export { exportModel, scoringGraph } from './scoring-graph.js';
export { learningRateAt, type TrainingSettings } from './settings.js';
export type { BestEpoch, EpochFigures, TrainingState } from './state.js';
export { type ModelSpec, parameterCountOf, type TrainedModel } from './trained-model.js';
export { Training, type TrainingInput, type TrainingProgress } from './training.js';
