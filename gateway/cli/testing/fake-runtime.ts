/** For tests: a runtime whose runs and jobs do what the test says, with the faces that the commands know. */
import type { Job, JobStatus, Run, Runtime, WireEvent } from '../../../actors/runtime-types.js';
import type { NodeExecution, NodeStatus, RunResult } from '../../../actors/workflow/index.js';

/** Events that the test sends, and readers that wait for them. */
export class EventScript implements AsyncIterable<WireEvent> {
  readonly #events: WireEvent[] = [];
  #ended = false;
  #wake: () => void = () => undefined;

  send(type: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#events.push({ type, seq: this.#events.length + 1, ts: '2026-01-01T00:00:00.000Z', ...fields });
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WireEvent> {
    for (let next = 0; ; ) {
      if (next < this.#events.length) yield this.#events[next++]!;
      else if (this.#ended) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/** What a piece of work does once it has begun; resolves with its outcome. `asked` is aborted by a cancel or a stop. */
export type Script<Outcome> = (events: EventScript, asked: AbortSignal) => Promise<Outcome> | Outcome;

export interface FakeRuntimeParts {
  readonly run?: Script<RunResult>;
  readonly job?: Script<JobStatus>;
  /** Told of what happens to the runtime: `start`, `cancel`, `stop`, `close`. */
  readonly onCall?: (call: string) => void;
}

function begin<Outcome>(script: Script<Outcome> | undefined) {
  if (script === undefined) throw new Error('the test gave no script for this');
  const events = new EventScript();
  const asked = new AbortController();
  const result = (async () => script(events, asked.signal))().finally(() => events.end());
  result.catch(() => undefined);
  return { events, asked, result };
}

export function fakeRuntime({ run, job, onCall = () => undefined }: FakeRuntimeParts): Runtime {
  return {
    dataDir: '/data/.ganglion',
    nodeTypes: () => [],
    nodeType: () => undefined,
    validate: () => [],
    async start(): Promise<Run> {
      onCall('start');
      const { events, asked, result } = begin(run);
      return {
        id: 'run_1',
        result,
        async cancel() {
          onCall('cancel');
          asked.abort();
        },
        [Symbol.asyncIterator]: () => events[Symbol.asyncIterator](),
      };
    },
    run: (id) => {
      throw new Error(`the test knows no run ${id} of an earlier process`);
    },
    async train(): Promise<Job> {
      onCall('train');
      const { events, asked, result } = begin(job);
      return {
        id: 'job_0001',
        result,
        status: () => result,
        pause: async () => onCall('pause'),
        resume: async () => onCall('resume'),
        async stop() {
          onCall('stop');
          asked.abort();
        },
        [Symbol.asyncIterator]: () => events[Symbol.asyncIterator](),
      };
    },
    close: async () => onCall('close'),
    [Symbol.asyncDispose]: async () => onCall('close'),
  };
}

export function executionWith(status: NodeStatus, fields: Partial<NodeExecution> = {}): NodeExecution {
  return { status, inputs: {}, outputs: {}, error: null, duration: 0.5, ...fields };
}

/** The result of a run with these executions. */
export function resultWith(
  status: RunResult['status'],
  executions: Readonly<Record<string, NodeExecution>> = {},
  fields: Partial<RunResult> = {},
): RunResult {
  const all = Object.values(executions);
  const count = (wanted: NodeStatus): number => all.filter((execution) => execution.status === wanted).length;
  return {
    run_id: 'run_1',
    status,
    executions,
    outputs: {},
    statistics: {
      total_nodes: all.length,
      completed_nodes: count('completed'),
      failed_nodes: count('failed'),
      skipped_nodes: count('skipped'),
      cancelled_nodes: count('cancelled'),
      total_duration: 1,
      wall_duration: 2.5,
    },
    ...fields,
  };
}

export function jobStatusWith(status: JobStatus['status'], fields: Partial<JobStatus> = {}): JobStatus {
  return {
    job_id: 'job_0001',
    name: 'trial',
    status,
    progress: 100,
    current_epoch: 3,
    total_epochs: 3,
    metrics: {},
    history: {},
    duration: 12,
    error: null,
    is_paused: false,
    database_id: 1,
    created_at: '2026-01-01T00:00:00.000Z',
    started_at: null,
    completed_at: null,
    checkpoint: null,
    model_path: null,
    network_path: null,
    provider: null,
    device: null,
    precision: null,
    ...fields,
  };
}
