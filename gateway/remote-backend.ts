/** The backend as it is reached from the gateway's thread: calls through Comlink, events through the hub's mailbox. */
import type { HubEvent, HubMessage } from '../actors/event-hub.js';
import type { WorkflowService } from '../actors/library/workflow-service.js';
import type { TrainingService } from '../actors/training/training-service.js';
import {
  type ActorRef,
  type Address,
  RemoteError,
  type RemoteMessage,
  type StreamEvent,
  wrap,
} from '../runtime/index.js';
import type { Backend, RefusalCode, ValidationIssue } from './backend.js';

const REFUSALS: ReadonlySet<string> = new Set<RefusalCode>([
  'invalid',
  'bad_request',
  'not_found',
  'conflict',
  'too_large',
  'unavailable',
]);

/** Codes of the runtime that mean: not now. */
const UNAVAILABLE: ReadonlySet<string> = new Set([
  'runtime_closed',
  'host_gone',
  'actor_gone',
  'ask_timeout',
  'store_failed',
  'stopped',
]);

export interface RemoteBackend extends Backend {
  /** Takes an event that came for this thread. */
  deliver(message: HubEvent): void;
}

/** Where the services and the hub are. */
export interface BackendRefs {
  readonly workflows: ActorRef<RemoteMessage>;
  readonly training: ActorRef<RemoteMessage>;
  readonly hub: ActorRef<HubMessage>;
}

export function remoteBackend(refs: BackendRefs, self: Address): RemoteBackend {
  const { hub } = refs;
  const workflows = wrap<WorkflowService>(refs.workflows);
  const training = wrap<TrainingService>(refs.training);
  const listeners = new Map<number, (event: StreamEvent) => void>();
  let nextSubscription = 1;
  return {
    workflows: {
      nodeTypes: () => told(workflows.nodeTypes()),
      create: (body) => told(workflows.create(body)),
      list: (page) => told(workflows.list(page)),
      get: (id) => told(workflows.get(id)),
      update: (id, body) => told(workflows.update(id, body)),
      remove: (id) => told(workflows.remove(id)),
      validate: (graph) => told(workflows.validate(graph)),
      start: async (body) => told<{ run_id: string } | { invalid: Record<string, unknown> }>(workflows.start(body)),
      result: (runId) => told(workflows.result(runId)),
      runs: (page) => told(workflows.runs(page)),
      run: (runId) => told(workflows.run(runId)),
      cancel: (runId) => told(workflows.cancel(runId)),
      retry: (runId) => told(workflows.retry(runId)),
    },
    training: {
      start: (body) => told(training.start(body)),
      status: async (jobId) => ({ ...(await told(training.status(jobId))) }),
      list: async (page) => ({ ...(await told(training.list(page))) }),
      pause: (jobId) => told(training.pause(jobId)),
      resume: (jobId) => told(training.resume(jobId)),
      stop: (jobId) => told(training.stop(jobId)),
    },
    events: {
      read: (stream, after, limit) => told(hub.ask<StreamEvent[]>({ type: 'read', stream, after, limit })),
      async subscribe(stream, listener) {
        const id = nextSubscription++;
        listeners.set(id, listener);
        const unsubscribe = (): void => {
          listeners.delete(id);
          hub.tell({ type: 'unsubscribe', id, subscriber: self });
        };
        try {
          const { last } = await told(hub.ask<{ last: number }>({ type: 'subscribe', stream, id, subscriber: self }));
          return { last, unsubscribe };
        } catch (error) {
          unsubscribe();
          throw error;
        }
      },
    },
    ready: () => told(workflows.ready()),
    deliver: ({ id, event }) => listeners.get(id)?.(event),
  };
}

/** An error of another thread, in the form of a refusal where it is one. */
async function told<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (typeof code !== 'string') throw error;
    if (REFUSALS.has(code)) {
      const issues =
        error instanceof RemoteError ? (error.detail['issues'] as readonly ValidationIssue[] | undefined) : undefined;
      throw Object.assign(new Error((error as Error).message), { code, ...(issues && { issues }) });
    }
    if (UNAVAILABLE.has(code)) throw Object.assign(new Error((error as Error).message), { code: 'unavailable' });
    throw error;
  }
}
