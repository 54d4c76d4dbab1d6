/** What a run tells the world: every step of its nodes goes to the log, and from there, once it is written down, to whoever listens. */
import type { EventLog, Operation } from '../../runtime/index.js';
import type { NodeEvent } from '../node-type.js';
import type { NodeExecution } from '../workflow/index.js';

export class Telling {
  readonly #log: EventLog;
  readonly #runId: string;

  constructor(log: EventLog, runId: string) {
    this.#log = log;
    this.#runId = runId;
  }

  status(id: string, execution: NodeExecution, along: readonly Operation[] = []): void {
    const { status } = execution;
    const progress = status === 'completed' ? 100 : 0;
    this.#log.add(this.#runId, 'node_progress', { node_id: id, status, progress, execution }, along, true);
  }

  /** An event of the node's own. */
  event(id: string, { kind, type, ...event }: NodeEvent, mergeKey: string): void {
    // The envelope is the log's: a field of the node's own must not stand in for a number, a time or a name of it.
    const { seq: _, ts: __, run_id: ___, ...fields } = event;
    const body = { ...fields, node_id: id, event: type };
    if (kind === 'moment') this.#log.announce(this.#runId, 'node_event', body, mergeKey);
    else this.#log.add(this.#runId, 'node_event', body);
  }

  progress(id: string, percent: number): void {
    const body = { node_id: id, status: 'running', progress: percent };
    this.#log.announce(this.#runId, 'node_progress', body, `node_progress:${id}`);
  }

  /** Resolves when everything told so far is on the disk. */
  written(): Promise<void> {
    return this.#log.committed(this.#runId);
  }
}
