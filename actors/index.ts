/** `ganglion`: workflows and training jobs as actors in worker threads. */
export { type CpuDeviceOptions, cpuDevice } from './cpu-device.js';
export { createRuntime } from './create-runtime.js';
export { defineNode, type NodeContext, type NodeType } from './node-type.js';
export {
  InvalidRequest,
  InvalidWorkflow,
  type Job,
  type JobStatus,
  type Run,
  type Runtime,
  type RuntimeOptions,
  type WireEvent,
} from './runtime-types.js';
export type { Fault, RunResult } from './workflow/index.js';
