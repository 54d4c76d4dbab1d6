/** Stored workflows and runs, as the gateway and people who embed the runtime call them. Lives on the kernel's thread. */
import { nanoid } from 'nanoid';
import type { ActorRef, Operation, Row } from '../../runtime/index.js';
import { parse, workflowBody } from '../contract/index.js';
import { Refusal } from '../refusal.js';
import { historyOf, keptOf } from '../run/history.js';
import type { RunMessage } from '../run/messages.js';
import { type RunInit, runActor } from '../run/run-actor.js';
import { InvalidWorkflow } from '../runtime-types.js';
import { checkWorkflow, type Fault, invalidResult, type RunResult } from '../workflow/index.js';
import { givenUp } from './restart.js';
import type { WorkflowSurroundings } from './surroundings.js';

type Json = Record<string, unknown>;

/** What runs under way are known by. */
type Live = Map<string, { readonly actor: ActorRef<RunMessage>; readonly result: Promise<RunResult> }>;

const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export class WorkflowService {
  readonly #around: WorkflowSurroundings;
  readonly #live: Live = new Map();
  /** Runs that are about to be retried: a second request must not start them twice. */
  readonly #retrying = new Set<string>();

  constructor(around: WorkflowSurroundings) {
    this.#around = around;
  }

  /** Whether the store answers. */
  async ready(): Promise<boolean> {
    this.#around.log.assertWritable();
    await this.#around.store.query('count_workflows');
    return true;
  }

  nodeTypes(): Json[] {
    return this.#around.registry.describe() as unknown as Json[];
  }

  check(workflow: unknown): readonly Fault[] {
    const checked = this.#checked(workflow);
    return checked.ok ? [] : checked.faults;
  }

  validate(graph: Json): Json {
    const errors = this.check(graph);
    return { valid: errors.length === 0, errors };
  }

  async create(body: Json): Promise<Json> {
    const { id: _, ...wanted } = body;
    const { name, description, nodes, edges } = parsed(wanted);
    const { store } = this.#around;
    await this.#refuseTakenName(name);
    const now = this.#timestamp();
    await store.commit([
      {
        statement: 'insert_workflow',
        parameters: [name, description ?? null, JSON.stringify(nodes), JSON.stringify(edges), now, now],
      },
    ]);
    const [row] = await store.query('workflow_by_name', [name]);
    return { id: Number(row!['id']), name, description: description ?? null, status: 'created', created_at: now };
  }

  async list({ skip, limit }: { skip: number; limit: number }): Promise<Json> {
    const { store } = this.#around;
    const [count] = await store.query('count_workflows');
    return { workflows: await store.query('workflows', [limit, skip]), total: Number(count!['total']) };
  }

  async get(id: number): Promise<Json> {
    const row = await this.#row(id);
    return { ...row, nodes: JSON.parse(String(row['nodes'])), edges: JSON.parse(String(row['edges'])) };
  }

  /** Fields that are left out stay as they are. */
  async update(id: number, body: Json): Promise<Json> {
    const before = await this.get(id);
    const { id: _, ...wanted } = body;
    const { name, description, nodes, edges } = parsed({
      name: before['name'],
      ...(before['description'] !== null && { description: before['description'] }),
      nodes: before['nodes'],
      edges: before['edges'],
      ...wanted,
    });
    await this.#refuseTakenName(name, id);
    const now = this.#timestamp();
    await this.#around.store.commit([
      {
        statement: 'update_workflow',
        parameters: [name, description ?? null, JSON.stringify(nodes), JSON.stringify(edges), now, id],
      },
    ]);
    return { id, name, description: description ?? null, status: 'updated', updated_at: now };
  }

  async remove(id: number): Promise<Json> {
    await this.#row(id);
    await this.#around.store.commit([{ statement: 'delete_workflow', parameters: [id] }]);
    return { status: 'deleted', id };
  }

  /** Starts a workflow given whole or by its id. A graph that cannot be run gives its result instead. */
  async start(body: Json): Promise<{ run_id: string } | { invalid: Json }> {
    const { workflow_id: id } = body;
    const graph = typeof id === 'number' ? await this.get(id) : (body['workflow'] ?? {});
    try {
      const { nodes, edges, name } = isRecord(graph) ? graph : {};
      return { run_id: await this.begin({ nodes, edges, name }, typeof id === 'number' ? id : undefined) };
    } catch (error) {
      if (error instanceof InvalidWorkflow) return { invalid: error.result as unknown as Json };
      throw error;
    }
  }

  /** @throws InvalidWorkflow */
  async begin(workflow: unknown, workflowId?: number): Promise<string> {
    const checked = this.#checked(workflow);
    if (!checked.ok) {
      const count = isRecord(workflow) && Array.isArray(workflow['nodes']) ? workflow['nodes'].length : 0;
      throw new InvalidWorkflow(checked.faults, invalidResult(checked.faults, count));
    }
    const runId = `run_${nanoid(12)}`;
    const now = this.#timestamp();
    const graph = workflow as { nodes: unknown; edges: unknown; name?: unknown };
    const name = typeof graph.name === 'string' ? graph.name : null;
    const along: Operation[] = [
      {
        statement: 'insert_run',
        parameters: [runId, workflowId ?? null, name, JSON.stringify({ nodes: graph.nodes, edges: graph.edges }), now],
      },
      ...(workflowId === undefined ? [] : [{ statement: 'workflow_executed', parameters: [now, workflowId] }]),
    ];
    this.#around.log.create(runId, 'run_id');
    await this.#launch({ runId, plan: checked.plan, along, kept: new Map() });
    return runId;
  }

  /** Waits for the run's end. */
  async result(runId: string): Promise<Json> {
    const live = this.#live.get(runId);
    if (live) return (await live.result) as unknown as Json;
    const row = await this.#runRow(runId);
    return JSON.parse(String(row['result'])) as Json;
  }

  async runs({ skip, limit }: { skip: number; limit: number }): Promise<Json> {
    const { store } = this.#around;
    const [count] = await store.query('count_runs');
    return { runs: await store.query('runs', [limit, skip]), total: Number(count!['total']) };
  }

  async run(runId: string): Promise<Json> {
    const live = this.#live.get(runId);
    const known = live ? await live.actor.ask<RunResult>({ type: 'status' }).catch(() => undefined) : undefined;
    // Read last: what is no longer live by now has its result in the row.
    const { result, graph: _, number: __, ...row } = await this.#runRow(runId);
    return { ...row, ...(known ?? (JSON.parse(String(result ?? '{}')) as Json)) };
  }

  async cancel(runId: string): Promise<Json> {
    const live = this.#live.get(runId);
    const reached = await live?.actor.ask({ type: 'cancel' }).then(
      () => true,
      // It came to its end before the message did.
      () => live.result.then(() => false),
    );
    if (reached) return { run_id: runId, status: 'cancelled' };
    const row = await this.#runRow(runId);
    throw new Refusal('conflict', `run "${runId}" has ended (${row['status']}): there is nothing to cancel`);
  }

  /** Runs what failed, and what depends on it, again; what completed is taken from the artefact store. */
  async retry(runId: string): Promise<Json> {
    if (this.#live.has(runId) || this.#retrying.has(runId))
      throw new Refusal('conflict', `run "${runId}" is still running: cancel it, or wait`);
    this.#retrying.add(runId);
    try {
      return await this.#retry(runId);
    } finally {
      this.#retrying.delete(runId);
    }
  }

  async #retry(runId: string): Promise<Json> {
    const { log, registry } = this.#around;
    const row = await this.#runRow(runId);
    if (row['status'] === 'success')
      throw new Refusal('conflict', `run "${runId}" succeeded: there is nothing to run again`);
    const checked = checkWorkflow(JSON.parse(String(row['graph'])), registry);
    if (!checked.ok)
      throw new Refusal('conflict', `the workflow of run "${runId}" is no longer valid: ${checked.faults[0]?.message}`);
    const kept = await keptOf(runId, checked.plan, await historyOf(log, runId), this.#around);
    await log.reopen(runId, 'run_id');
    // What runs again leaves nothing of its earlier outputs behind: a later retry must not mix the two.
    const dropped = checked.plan.nodes.flatMap(({ id }, node) =>
      kept.has(node) ? [] : [{ statement: 'drop_output', parameters: [runId, id] }],
    );
    const along = [{ statement: 'reopen_run', parameters: [runId] }, ...dropped];
    await this.#launch({ runId, plan: checked.plan, along, kept });
    return {
      run_id: runId,
      status: 'running',
      kept_nodes: [...kept.keys()].map((node) => checked.plan.nodes[node]!.id),
    };
  }

  /** Goes on with every run that an earlier process left under way: what had completed is not run again. */
  async resumeInterrupted(): Promise<void> {
    for (const row of await this.#around.store.query('unfinished_runs'))
      await this.#resume(String(row['run_id']), JSON.parse(String(row['graph'])));
  }

  async #resume(runId: string, graph: Json): Promise<void> {
    const { log, registry } = this.#around;
    await log.reopen(runId, 'run_id');
    const checked = checkWorkflow(graph, registry);
    if (!checked.ok) return this.#endInvalid(runId, checked.faults);
    const history = await historyOf(log, runId);
    const kept = await keptOf(runId, checked.plan, history, this.#around);
    const nodes = givenUp(checked.plan, history);
    await this.#launch({ runId, plan: checked.plan, along: [], kept, resumed: true, givenUp: nodes });
  }

  /** The process has other node types now than the one that began the run. */
  async #endInvalid(runId: string, faults: readonly Fault[]): Promise<void> {
    const { log } = this.#around;
    const [first] = faults;
    const error = `the process ended while this run was under way, and it cannot go on: ${first?.message}. Start the server as before, with its node modules, and retry the run`;
    const result: RunResult = { ...invalidResult(faults, 0, runId), error };
    const parameters = ['error', JSON.stringify(result), this.#timestamp(), runId];
    await log.append(runId, 'workflow_completed', { result }, [{ statement: 'end_run', parameters }]);
    log.close(runId);
  }

  /** Stops every run that is under way, and waits until they have ended. */
  async close(): Promise<void> {
    await Promise.all(
      [...this.#live.values()].map(async ({ actor, result }) => {
        await actor.ask({ type: 'cancel' }).catch(() => undefined);
        await result.catch(() => undefined);
      }),
    );
  }

  #checked(workflow: unknown): ReturnType<typeof checkWorkflow> {
    if (!isRecord(workflow)) return checkWorkflow(workflow, this.#around.registry);
    // A workflow file may carry what describes it; the checks are about the graph.
    const { nodes, edges } = workflow;
    return checkWorkflow({ nodes, edges }, this.#around.registry);
  }

  async #launch(init: Omit<RunInit, 'surroundings'>): Promise<void> {
    const { runId } = init;
    // What its nodes may tell is bounded where they tell it; here nothing may be refused, least of all that one has ended.
    const run = this.#around.kernel.spawnHere(
      runActor,
      { ...init, surroundings: this.#around },
      { mailboxCapacity: Number.POSITIVE_INFINITY },
    );
    const result = run.ask<RunResult>({ type: 'result' }, { timeout: Number.POSITIVE_INFINITY });
    this.#live.set(runId, { actor: run, result });
    const forget = (): void => void this.#live.delete(runId);
    result.then(forget, forget);
    // Once it answers, the run is written down.
    await run.ask({ type: 'status' }, { timeout: Number.POSITIVE_INFINITY });
  }

  async #row(id: number): Promise<Row> {
    const [row] = await this.#around.store.query('workflow_by_id', [id]);
    if (!row) throw new Refusal('not_found', `there is no workflow ${id}`);
    return row;
  }

  async #runRow(runId: string): Promise<Row> {
    const [row] = await this.#around.store.query('run_by_id', [runId]);
    if (!row) throw new Refusal('not_found', `there is no run "${runId}"`);
    return row;
  }

  async #refuseTakenName(name: string, except?: number): Promise<void> {
    const [row] = await this.#around.store.query('workflow_by_name', [name]);
    if (row && Number(row['id']) !== except)
      throw new Refusal(
        'bad_request',
        `there is a workflow named "${name}" already (id ${row['id']}): choose another name`,
      );
  }

  #timestamp(): string {
    return new Date(this.#around.now()).toISOString();
  }
}

function parsed(body: Json): ReturnType<typeof workflowBody.parse> {
  const result = parse(workflowBody, body, ['body']);
  if (!result.ok) throw new Refusal('invalid', 'the workflow is not valid', result.issues);
  return result.value;
}
