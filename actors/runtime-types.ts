/** The face of the runtime for people who embed it. */
import type { ContractIssue } from './contract/index.js';
import type { NodeType } from './node-type.js';
import type { Fault, RunResult } from './workflow/index.js';

export interface RuntimeOptions {
  /** Threads that light nodes share; every heavy node and every training job gets one of its own. Default: the machine's cores. */
  readonly threads?: number;
  /** Where the log, models and checkpoints lie. Default `.ganglion` below the working directory. */
  readonly dataDir?: string;
  /** `memory` keeps the log in memory and forgets it at the end; what nodes write still goes to `dataDir`. Default `durable`. */
  readonly log?: 'durable' | 'memory';
  /** Modules (paths or URLs) whose default export is a node type, or a list of them. They are loaded from here alone, never from a message. */
  readonly nodes?: readonly string[];
  /** Folders below which nodes and jobs may read files; relative paths are looked up in each in turn. Default: the working directory. */
  readonly dataRoots?: readonly string[];
  /** Told of what goes wrong without failing anything, in a sentence each. */
  readonly onWarning?: (message: string) => void;
}

/** An event as it goes over the wire: `{type, seq?, ts, run_id | job_id, ...}`. */
export interface WireEvent {
  readonly type: string;
  /** Number within the run or job; absent for an event of the moment. */
  readonly seq?: number;
  readonly ts: string;
  readonly [field: string]: unknown;
}

/** A run of a workflow. Iterating gives its events from the first one on, whenever one begins to. */
export interface Run extends AsyncIterable<WireEvent> {
  readonly id: string;
  /** Resolves when the run has ended, also when nodes failed. */
  readonly result: Promise<RunResult>;
  cancel(): Promise<void>;
}

export type JobState = 'pending' | 'initializing' | 'running' | 'paused' | 'completed' | 'failed' | 'stopped';

/** A training job as `GET /training/status/{job_id}` gives it. */
export interface JobStatus {
  readonly job_id: string;
  readonly name: string;
  readonly status: JobState;
  /** 0..100 */
  readonly progress: number;
  readonly current_epoch: number;
  readonly total_epochs: number;
  /** The newest epoch's figures; after the end also those of the test, as `{value, low, high}`. */
  readonly metrics: Readonly<Record<string, unknown>>;
  /** A list a figure, an entry an epoch. */
  readonly history: Readonly<Record<string, readonly (number | null)[]>>;
  /** Seconds that the job has run. */
  readonly duration: number;
  readonly error: string | null;
  readonly is_paused: boolean;
  readonly database_id: number;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly completed_at: string | null;
  /** Newest checkpoint, from which `resume_from` goes on. */
  readonly checkpoint: string | null;
  /** The exported model, once there is one. */
  readonly model_path: string | null;
  /** The file that was fine-tuned, with its new weights, once there is one. */
  readonly network_path: string | null;
  /** What it computes on, once that is known: `cpu`, `webgpu` or `cuda`. */
  readonly provider: string | null;
  /** What the GPU is called, where somebody says. */
  readonly device: string | null;
  /** What is computed or kept in another precision than float32, in words, once that is known. */
  readonly precision: string | null;
}

/** A training job. Iterating gives its events from the first one on. */
export interface Job extends AsyncIterable<WireEvent> {
  readonly id: string;
  /** Resolves when the job has ended: completed, failed or stopped. */
  readonly result: Promise<JobStatus>;
  status(): Promise<JobStatus>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
}

export interface Runtime extends AsyncDisposable {
  readonly dataDir: string;
  /** The types of nodes that workflows may use, as clients see them. */
  nodeTypes(): Record<string, unknown>[];
  nodeType(name: string): NodeType | undefined;
  /** Every fault of a workflow at once; none: it can be started. */
  validate(workflow: unknown): readonly Fault[];
  /** Starts a workflow `{nodes, edges, name?}`. @throws InvalidWorkflow with every fault */
  start(workflow: unknown): Promise<Run>;
  /** A run that was started before, by its id: also one of an earlier process, which goes on by itself or has ended. */
  run(id: string): Run;
  /** Starts a training job `{name?, model_config, data_config, training_config, resume_from?}`. @throws InvalidRequest with every issue */
  train(request: unknown): Promise<Job>;
  /** Stops runs and jobs (jobs leave a checkpoint), and ends every thread. */
  close(): Promise<void>;
}

/** A workflow that cannot be run. */
export class InvalidWorkflow extends Error {
  override readonly name = 'InvalidWorkflow';
  readonly code = 'invalid';
  readonly faults: readonly Fault[];
  /** What `/execute` answers. */
  readonly result: RunResult;

  constructor(faults: readonly Fault[], result: RunResult) {
    super(result.error ?? 'the workflow is not valid');
    this.faults = faults;
    this.result = result;
  }
}

/** A request that breaks the contract. */
export class InvalidRequest extends Error {
  override readonly name = 'InvalidRequest';
  readonly code = 'invalid';
  readonly issues: readonly ContractIssue[];

  constructor(issues: readonly ContractIssue[]) {
    super(issues.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('\n') || 'the request is not valid');
    this.issues = issues;
  }
}
