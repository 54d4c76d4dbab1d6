/** What clients may send, and how a wrong request is answered. */
export { choice, notYet } from './available.js';
export {
  checkColumns,
  checkSource,
  type DataConfig,
  dataConfig,
  dataConfigFields,
  type Preprocess,
  preprocess,
  type Split,
  split,
} from './data-config.js';
export { type LossWords, lossOf } from './loss-words.js';
export {
  backboneOf,
  checkModel,
  MLP_DEFAULTS,
  type ModelConfig,
  modelConfig,
  modelConfigFields,
  networkFileOf,
} from './model-config.js';
export { MONITORS, type Monitor, monitor, needsValidation } from './monitors.js';
export { nearest, suggestion } from './nearest.js';
export { type OptimizerWords, optimizerOf } from './optimizer-words.js';
export { type ContractIssue, issuesOf, mustParse, type Parsed, parse } from './parse.js';
export { quoted, received } from './received.js';
export { type SchedulerWords, schedulerOf, WARM_UP_SHARE, warmUpOf } from './scheduler-words.js';
export {
  earlyStoppingOf,
  monitorOf,
  type TrainerConfig,
  type TrainingConfig,
  trainerConfig,
  trainingConfig,
  trainingConfigFields,
} from './training-config.js';
export { type TrainingStart, trainingStart } from './training-start.js';
export {
  type WorkflowBody,
  type WorkflowEdge,
  type WorkflowGraph,
  type WorkflowNode,
  workflowBody,
  workflowEdge,
  workflowGraph,
  workflowNode,
} from './workflow.js';
