/** One run: takes in what happened to its nodes, says what that makes ready and what it ends, and writes every step down. */
import { join } from 'node:path';
import {
  type ActorContext,
  type DeferredReply,
  type Operation,
  type Placement,
  type Provider,
  providers,
  RuntimeError,
  STOP_DEADLINE_MS,
  type Terminated,
  toFailure,
} from '../../runtime/index.js';
import {
  apply,
  chainsOf,
  type Execution,
  executionOf,
  initial,
  isDone,
  type Plan,
  type RunResult,
  ready,
  runResult,
  type Schedule,
  type ScheduleEvent,
  statusOf,
} from '../workflow/index.js';
import { Dispatcher } from './dispatcher.js';
import { type Lane, Lanes } from './lanes.js';
import type { NodeReport, Report, RunMessage, Values } from './messages.js';
import type { RunInit } from './run-init.js';
import { Telling } from './telling.js';
import { asJson, ValuesOfNodes } from './values-of-nodes.js';

export class Run {
  readonly #init: RunInit;
  readonly #context: ActorContext<RunMessage>;
  readonly #plan: Plan;
  readonly #schedule: Schedule;
  readonly #values: ValuesOfNodes;
  readonly #telling: Telling;
  readonly #lanes: Lanes;
  readonly #dispatcher: Dispatcher;
  readonly #durations: Float64Array;
  /** Heavy nodes that wait for a thread. */
  readonly #heavy: number[] = [];
  #heavyUnderWay = 0;
  /** What the sessions of heavy nodes run on, where it is not the CPU. */
  readonly #providers = new Map<number, Provider>();
  readonly #waiters: DeferredReply[] = [];
  readonly #began = performance.now();
  /** Runs from the cancelling on, until the nodes have come back. */
  #deadline: NodeJS.Timeout | undefined;
  #result: RunResult | undefined;
  /** Why the log could not be written any more, if so. */
  #broken: unknown;

  constructor(init: RunInit, context: ActorContext<RunMessage>) {
    const { plan, runId, surroundings, kept } = init;
    this.#init = init;
    this.#context = context;
    this.#plan = plan;
    this.#schedule = initial(plan, kept.keys());
    this.#durations = new Float64Array(plan.nodes.length);
    this.#values = new ValuesOfNodes(plan);
    this.#telling = new Telling(surroundings.log, runId);
    this.#lanes = new Lanes({
      kernel: surroundings.kernel,
      hostEntry: surroundings.hostEntry,
      init: {
        runId,
        modules: surroundings.modules,
        run: context.self.address,
        outputRoot: join(surroundings.runsDir, runId),
        artefactDir: surroundings.artefactDir,
        dataRoots: surroundings.dataRoots,
      },
      watch: ({ actor }) => context.watch(actor.ref),
    });
    this.#dispatcher = new Dispatcher({
      plan,
      lanes: this.#lanes,
      next: chainsOf(plan, (node) => !this.#isHeavy(node)),
      concurrency: Number.POSITIVE_INFINITY,
      inputsOf: (node) => this.#values.inputs(node),
      refused: (nodes, error) => {
        for (const node of nodes) this.#settle({ type: 'failed', node, error: toFailure(error).message });
      },
    });
    for (const [node, { outputs, execution }] of kept) {
      this.#values.put(node, outputs, execution.outputs ?? {});
      this.#durations[node] = execution.duration ?? 0;
    }
    for (const node of kept.keys()) this.#values.letGo(node);
  }

  /** Writes down that the run has begun, and gets its first nodes ready. */
  async begin(): Promise<void> {
    const { runId, surroundings, along, kept, resumed, givenUp } = this.#init;
    const total = { total_nodes: this.#plan.nodes.length };
    const [type, fields] = resumed
      ? (['workflow_resumed', { ...total, completed_nodes: kept.size }] as const)
      : (['workflow_started', total] as const);
    await surroundings.log.append(runId, type, fields, along);
    for (const node of ready(this.#schedule)) {
      const error = givenUp?.get(node);
      if (error === undefined) this.#enqueue(node);
      else this.#settle({ type: 'failed', node, error });
    }
  }

  /** Starts what is ready, as far as threads have room, and ends the run when nothing is left. */
  pump(): void {
    const { threads } = this.#init.surroundings;
    while (this.#heavy.length > 0 && this.#heavyUnderWay < threads) {
      const node = this.#heavy.shift()!;
      this.#heavyUnderWay += 1;
      const provider = this.#providers.get(node);
      const placement: Placement = provider === undefined ? 'own-heavy' : 'gpu';
      this.#dispatcher.own(node, placement, provider ?? 'cpu');
    }
    this.#dispatcher.pump();
    if (isDone(this.#schedule) && this.#result === undefined) void this.#finish();
  }

  placed(node: number, provider: Provider): void {
    if (provider !== 'cpu') this.#providers.set(node, provider);
    // The run may have been cancelled meanwhile.
    if (statusOf(this.#schedule, node) === 'pending') this.#heavy.push(node);
  }

  notPlaced(node: number, error: string): void {
    this.#settle({ type: 'failed', node, error });
  }

  /** What happened on a thread since it last told. */
  report({ lane: id, ended, durations, outputs, described, failures, started, busy }: Report): void {
    const lane = this.#lanes.find(id);
    // A thread that was given up may still tell: what it was given is somebody else's by now.
    if (!lane) return;
    let failure = 0;
    let handle = 0;
    for (let index = 0; index < ended.length; index++) {
      const node = ended[index]!;
      if (!lane.nodes.has(node)) continue;
      this.#durations[node] = durations[index]!;
      const values = outputs[index]!;
      if (values === null) {
        const { failure: why, stopped } = failures[failure++]!;
        this.#ended(lane, node, stopped ? { type: 'stopped', node } : { type: 'failed', node, error: why.message });
        continue;
      }
      let seen: Values | undefined;
      let along: readonly Operation[] = [];
      if (described[handle]?.[0] === node) {
        const handles = described[handle++]![1];
        seen = Object.fromEntries(Object.entries(handles).map(([port, { json }]) => [port, json]));
        along = [
          {
            statement: 'keep_output',
            parameters: [this.#init.runId, this.#plan.nodes[node]!.id, '{}', JSON.stringify(handles)],
          },
        ];
      }
      this.#values.put(node, values, seen ?? asJson(values));
      this.#ended(lane, node, { type: 'completed', node }, along);
    }
    for (const node of started) if (lane.nodes.has(node)) this.#start(node);
    if (lane.host !== undefined) this.#lanes.adapt(lane, ended.length, busy);
  }

  told(message: NodeReport): void {
    const { id } = this.#plan.nodes[message.node]!;
    if (message.type === 'node_progress') this.#telling.progress(id, message.percent);
    else this.#telling.event(id, message.event, `${message.event.type}:${message.node}`);
  }

  /** An agent has ended. What it was given and had not ended went with its thread. */
  async terminated({ actor, failure: told }: Terminated): Promise<void> {
    const lane = [...this.#lanes.all].find(
      ({ actor: { ref } }) => ref.address.host === actor.host && ref.address.actor === actor.actor,
    );
    if (!lane) return;
    const culprit = lane.words.current;
    const lost = this.#dispatcher.lost(lane);
    this.#leave(lane, lost);
    if (lost.length === 0) return;
    // The watch tells only that the thread is gone, the kernel knows of what it died.
    const failure = told?.code === 'host_gone' ? ((await lane.actor.ended) ?? told) : told;
    const error = failure?.message ?? 'the node ended without a result';
    // The thread is sound, and its agent could not begin: nothing can be run there.
    const refused = failure !== undefined && failure.code !== 'host_gone';
    for (const node of lost) {
      if (refused && !this.#schedule.cancelled) this.#settle({ type: 'failed', node, error });
      else if (node === culprit || statusOf(this.#schedule, node) === 'running') this.#crashed(node, error);
      else if (statusOf(this.#schedule, node) === 'pending' && this.#schedule.waiting[node] === 0) this.#enqueue(node);
    }
  }

  answerResult(reply: DeferredReply): void {
    if (this.#result) reply.reply(this.#result);
    else this.#waiters.push(reply);
  }

  status(): RunResult {
    return this.#result ?? this.#resultNow();
  }

  cancel(): void {
    if (isDone(this.#schedule) || this.#schedule.cancelled) return;
    this.#heavy.length = 0;
    this.#dispatcher.clear();
    this.#settle({ type: 'cancelled' });
    for (const { actor } of this.#lanes.all) void actor.stop();
    this.#deadline = setTimeout(() => this.#context.self.tell({ type: 'overdue' }), STOP_DEADLINE_MS);
  }

  /** Ends the nodes that did not come back when they were told to, and gives their threads up. */
  giveUp(): void {
    for (const lane of [...this.#lanes.all]) {
      if (lane.nodes.size === 0) continue;
      const lost = this.#dispatcher.lost(lane);
      this.#leave(lane, lost);
      for (const node of lost)
        if (statusOf(this.#schedule, node) === 'running') this.#settle({ type: 'stopped', node });
      lane.actor.abandon();
    }
  }

  async stop(): Promise<void> {
    this.cancel();
    clearTimeout(this.#deadline);
    await Promise.all([...this.#lanes.all].map(({ actor }) => actor.stop()));
    for (const waiter of this.#waiters)
      waiter.refuse(new RuntimeError('stopped', 'the runtime closed before the run had ended'));
  }

  #enqueue(node: number): void {
    const { registry, chooseProvider } = this.#init.surroundings;
    if (!this.#isHeavy(node)) return this.#dispatcher.enqueue(node);
    const { type: name, config } = this.#plan.nodes[node]!;
    const type = registry.find(name)!;
    if (!type.provider) {
      this.#heavy.push(node);
      return;
    }
    const choose = chooseProvider ?? ((wanted) => providers.choose(wanted));
    const { self } = this.#context;
    choose(type.provider(config)).then(
      (chosen) => self.tell({ type: 'placed', node, chosen }),
      (error: unknown) => self.tell({ type: 'not_placed', node, error: toFailure(error).message }),
    );
  }

  #isHeavy(node: number): boolean {
    return this.#init.surroundings.registry.find(this.#plan.nodes[node]!.type)?.weight === 'heavy';
  }

  #ended(lane: Lane, node: number, event: ScheduleEvent, along: readonly Operation[] = []): void {
    this.#dispatcher.ended(lane, node, event.type === 'completed');
    this.#leave(lane, [node]);
    this.#start(node);
    this.#settle(event, along);
  }

  /** A thread of a heavy node's own is free for the next one. */
  #leave(lane: Lane, nodes: readonly number[]): void {
    if (lane.host === undefined) this.#heavyUnderWay -= nodes.length;
  }

  #start(node: number): void {
    if (statusOf(this.#schedule, node) !== 'pending') return;
    apply(this.#schedule, { type: 'started', node });
    this.#tell(node);
  }

  #crashed(node: number, error: string): void {
    this.#start(node);
    this.#settle(this.#schedule.cancelled ? { type: 'stopped', node } : { type: 'crashed', node, error });
  }

  /** Takes an ending in: what it makes ready is queued, what it ends is told. */
  #settle(event: ScheduleEvent, along: readonly Operation[] = []): void {
    const { ready: free, ended } = apply(this.#schedule, event);
    for (const node of free) this.#enqueue(node);
    for (let index = 0; index < ended.length; index++) {
      const node = ended[index]!;
      this.#tell(node, index === 0 ? along : undefined);
      this.#values.letGo(node);
    }
  }

  #tell(node: number, along?: readonly Operation[]): void {
    try {
      this.#telling.status(
        this.#plan.nodes[node]!.id,
        executionOf(this.#schedule, node, this.#executionAt(node)),
        along,
      );
    } catch (error) {
      // What cannot be written down is lost: nothing more may be done.
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#broken ??= error;
    this.cancel();
  }

  #executionAt(node: number): Execution | undefined {
    const status = statusOf(this.#schedule, node);
    if (status === 'pending' || status === 'skipped') return undefined;
    return {
      inputs: this.#values.seenInputs(node),
      outputs: this.#values.seenOutputs(node),
      duration: this.#durations[node]!,
    };
  }

  async #finish(): Promise<void> {
    const { runId, surroundings } = this.#init;
    const { log, now } = surroundings;
    const result = this.#resultNow();
    this.#result = result;
    clearTimeout(this.#deadline);
    const ended: Operation = {
      statement: 'end_run',
      parameters: [result.status, JSON.stringify(result), new Date(now()).toISOString(), runId],
    };
    await log.append(runId, 'workflow_completed', { result }, [ended], true).catch((error: unknown) => {
      this.#broken ??= error;
    });
    for (const waiter of this.#waiters.splice(0)) {
      if (this.#broken) waiter.refuse(toStoreError(this.#broken));
      else waiter.reply(result);
    }
    log.close(runId);
    for (const { actor } of this.#lanes.all) void actor.stop();
    this.#context.end();
  }

  #resultNow(): RunResult {
    const seconds = (performance.now() - this.#began) / 1000;
    return runResult(this.#init.runId, this.#schedule, (node) => this.#executionAt(node), seconds);
  }
}

function toStoreError(error: unknown): Error {
  return new RuntimeError('store_failed', `the run's outcome could not be written down: ${toFailure(error).message}`);
}
