/** Workflows as pure functions: check a graph, schedule its nodes, put inputs and results together. */
export { bind, fits } from './binding.js';
export { chainsOf } from './chains.js';
export { type Fault, type FaultCode, isCycle } from './faults.js';
export { type CheckedGraph, checkGraph, checkWorkflow } from './graph.js';
export { type Arrival, gatherInputs, inputsOf, missingOutputs } from './inputs.js';
export { isFinal, type NodeStatus, OUTCOMES, STATUSES } from './outcomes.js';
export type { Plan, PlanEdge, PlanNode } from './plan.js';
export { type Execution, executionOf, invalidResult, type NodeExecution, type RunResult, runResult } from './result.js';
export {
  apply,
  type Change,
  errorOf,
  initial,
  isDone,
  ready,
  type Schedule,
  type ScheduleEvent,
  statusOf,
} from './schedule.js';
