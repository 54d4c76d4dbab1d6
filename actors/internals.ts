/** What the gateway needs of a runtime beyond its public face. Not exported from the package. */
import type { ActorRef, Kernel } from '../runtime/index.js';
import type { HubMessage } from './event-hub.js';
import type { WorkflowService } from './library/workflow-service.js';
import type { Runtime } from './runtime-types.js';
import type { TrainingMessage } from './training/messages.js';

export interface Internals {
  readonly kernel: Kernel;
  readonly workflows: WorkflowService;
  readonly training: ActorRef<TrainingMessage>;
  readonly hub: ActorRef<HubMessage>;
  /** Registers what must happen before the runtime itself closes. The last registered goes first. */
  beforeClose(step: () => Promise<void>): void;
}

const internals = new WeakMap<Runtime, Internals>();

export function keepInternals(runtime: Runtime, own: Internals): void {
  internals.set(runtime, own);
}

/** @throws TypeError when the runtime was not made by `createRuntime` of this copy of the package */
export function internalsOf(runtime: Runtime): Internals {
  const own = internals.get(runtime);
  if (!own) throw new TypeError('this runtime was not made by createRuntime() of the same copy of ganglion');
  return own;
}
