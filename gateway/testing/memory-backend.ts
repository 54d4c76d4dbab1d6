/** A backend in memory for tests of the gateway: real numbering and real refusals, but no training and no scheduler. */
import type { Backend, Refusal, RefusalCode, TrainingBackend, ValidationIssue, WorkflowBackend } from '../backend.js';
import { MemoryLog } from './memory-log.js';

type Json = Record<string, unknown>;

export function refusal(code: RefusalCode, message: string, issues?: readonly ValidationIssue[]): Refusal {
  return Object.assign(new Error(message), { code, ...(issues && { issues }) });
}

export class MemoryBackend implements Backend {
  readonly events = new MemoryLog();
  /** Every call, as `group.method` with its arguments. */
  readonly calls: { readonly name: string; readonly args: readonly unknown[] }[] = [];
  /** Errors to throw instead of answering, by `group.method`. */
  readonly failures = new Map<string, unknown>();
  /** Promises to wait for before answering, by `group.method`. */
  readonly gates = new Map<string, Promise<void>>();
  readonly stored = new Map<number, Json>();
  readonly runsById = new Map<string, Json>();
  readonly jobsById = new Map<string, Json>();
  isReady = true;

  readonly workflows: WorkflowBackend = {
    nodeTypes: () =>
      this.#answer('workflows.nodeTypes', [], () => [
        { type: 'mlp', name: 'MLP', category: 'model' },
        { type: 'split', name: 'Split', category: 'data' },
      ]),
    create: (body) =>
      this.#answer('workflows.create', [body], () => {
        if ([...this.stored.values()].some((row) => row['name'] === body['name']))
          throw refusal('bad_request', `the name ${body['name']} is taken`);
        const id = this.stored.size + 1;
        this.stored.set(id, { ...body, id });
        return { id, name: body['name'], status: 'created' };
      }),
    list: (page) =>
      this.#answer('workflows.list', [page], () => ({ workflows: [...this.stored.values()], total: this.stored.size })),
    get: (id) => this.#answer('workflows.get', [id], () => this.#workflow(id)),
    update: (id, body) =>
      this.#answer('workflows.update', [id, body], () => ({ ...this.#workflow(id), ...body, status: 'updated' })),
    remove: (id) =>
      this.#answer('workflows.remove', [id], () => {
        this.#workflow(id);
        this.stored.delete(id);
        return { status: 'deleted', id };
      }),
    validate: (graph) =>
      this.#answer('workflows.validate', [graph], () => ({
        valid: (graph['nodes'] as unknown[]).length > 0,
        errors: [],
      })),
    start: (body) =>
      this.#answer('workflows.start', [body], () => {
        if (body['workflow_id'] !== undefined) this.#workflow(body['workflow_id'] as number);
        const { nodes } = (body['workflow'] ?? { nodes: [{}] }) as { nodes: { invalid?: Json }[] };
        const invalid = nodes[0]?.invalid;
        if (invalid !== undefined) return { invalid };
        const run_id = `run_${this.runsById.size + 1}`;
        this.runsById.set(run_id, { run_id, status: 'running' });
        this.events.append(run_id, 'workflow_started', { total_nodes: nodes.length }, 'run_id');
        return { run_id };
      }),
    result: (runId) => this.#answer('workflows.result', [runId], () => ({ run_id: runId, status: 'success' })),
    runs: (page) =>
      this.#answer('workflows.runs', [page], () => ({ runs: [...this.runsById.values()], total: this.runsById.size })),
    run: (runId) => this.#answer('workflows.run', [runId], () => this.#run(runId)),
    cancel: (runId) =>
      this.#answer('workflows.cancel', [runId], () => {
        const run = this.#run(runId);
        if (run['status'] !== 'running') throw refusal('conflict', `run ${runId} is ${run['status']}`);
        run['status'] = 'cancelled';
        return { run_id: runId, status: 'cancelled' };
      }),
    retry: (runId) =>
      this.#answer('workflows.retry', [runId], () => ({ run_id: this.#run(runId)['run_id'], status: 'queued' })),
  };

  readonly training: TrainingBackend = {
    start: (body) => this.#answer('training.start', [body], () => this.addJob()),
    status: (jobId) => this.#answer('training.status', [jobId], () => ({ ...this.#job(jobId) })),
    list: (page) =>
      this.#answer('training.list', [page], () => ({ jobs: [...this.jobsById.values()], total: this.jobsById.size })),
    pause: (jobId) => this.#answer('training.pause', [jobId], () => this.#move(jobId, 'running', 'paused')),
    resume: (jobId) => this.#answer('training.resume', [jobId], () => this.#move(jobId, 'paused', 'running')),
    stop: (jobId) => this.#answer('training.stop', [jobId], () => this.#move(jobId, 'running', 'stopped')),
  };

  async ready(): Promise<boolean> {
    await this.gates.get('ready');
    return this.isReady;
  }

  addJob(): Json {
    const job_id = `job_${String(this.jobsById.size + 1).padStart(4, '0')}`;
    this.jobsById.set(job_id, { job_id, status: 'running', progress: 0 });
    return { job_id, status: 'started', database_id: this.jobsById.size };
  }

  addRun(): string {
    const run_id = `run_${this.runsById.size + 1}`;
    this.runsById.set(run_id, { run_id, status: 'running' });
    return run_id;
  }

  async #answer<T>(name: string, args: readonly unknown[], answer: () => T): Promise<T> {
    this.calls.push({ name, args });
    await this.gates.get(name);
    if (this.failures.has(name)) throw this.failures.get(name);
    return answer();
  }

  #workflow(id: number): Json {
    const row = this.stored.get(id);
    if (row === undefined) throw refusal('not_found', `there is no workflow ${id}`);
    return row;
  }

  #run(runId: string): Json {
    const run = this.runsById.get(runId);
    if (run === undefined) throw refusal('not_found', `there is no run ${runId}`);
    return run;
  }

  #job(jobId: string): Json {
    const job = this.jobsById.get(jobId);
    if (job === undefined) throw refusal('not_found', `there is no job ${jobId}`);
    return job;
  }

  #move(jobId: string, from: string, to: string): Json {
    const job = this.#job(jobId);
    if (job['status'] !== from) throw refusal('conflict', `job ${jobId} is ${job['status']}`);
    job['status'] = to;
    return { job_id: jobId, status: to };
  }
}
