/**
 * What the gateway asks of the rest of the system. The gateway holds no state of its own: every route is one call here,
 * every socket one subscription. Methods take and give plain JSON values of the wire contract; a refusal is a thrown
 * {@link Refusal}, whose code decides the HTTP status.
 */

import type { StreamEvent } from '../runtime/index.js';

export type { StreamEvent };

/** Why a request was refused. Structural, so that it survives the way across threads. */
export interface Refusal extends Error {
  readonly code: RefusalCode;
  /** Faults with their place, for a validation error. */
  readonly issues?: readonly ValidationIssue[];
}

export type RefusalCode =
  | 'invalid'
  | 'bad_request'
  | 'not_found'
  | 'conflict'
  | 'too_large'
  | 'unavailable'
  | 'internal';

export interface ValidationIssue {
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly type: string;
}

type Json = Record<string, unknown>;

export interface Page {
  readonly skip: number;
  readonly limit: number;
}

export interface WorkflowBackend {
  nodeTypes(): Promise<Json[]>;
  create(body: Json): Promise<Json>;
  list(page: Page): Promise<Json>;
  get(id: number): Promise<Json>;
  update(id: number, body: Json): Promise<Json>;
  remove(id: number): Promise<Json>;
  validate(graph: Json): Promise<Json>;
  /** Starts a run of `{workflow: {nodes, edges, ...}}` or `{workflow_id}`. Resolves with `{run_id}` as soon as the run exists, or with the result of an invalid graph (`invalid`). */
  start(body: Json): Promise<{ run_id: string } | { invalid: Json }>;
  /** The run's result; waits for its end. */
  result(runId: string): Promise<Json>;
  runs(page: Page): Promise<Json>;
  run(runId: string): Promise<Json>;
  cancel(runId: string): Promise<Json>;
  retry(runId: string): Promise<Json>;
}

export interface TrainingBackend {
  start(body: Json): Promise<Json>;
  status(jobId: string): Promise<Json>;
  list(page: Page & { readonly status?: string }): Promise<Json>;
  pause(jobId: string): Promise<Json>;
  resume(jobId: string): Promise<Json>;
  stop(jobId: string): Promise<Json>;
}

export interface EventBackend {
  /** Stored events of a stream with `seq > after` (of every job, and then `pos > after`, when the stream is `all`), oldest first. */
  read(stream: string, after: number, limit: number): Promise<StreamEvent[]>;
  /**
   * Gives every event of the stream from now on to the listener, in order. Resolves once nothing can be missed any more,
   * with the number of the newest stored event at that moment.
   */
  subscribe(
    stream: string,
    listener: (event: StreamEvent) => void,
  ): Promise<{ readonly last: number; unsubscribe(): void }>;
}

export interface Backend {
  readonly workflows: WorkflowBackend;
  readonly training: TrainingBackend;
  readonly events: EventBackend;
  /** Whether the store answers. */
  ready(): Promise<boolean>;
}
