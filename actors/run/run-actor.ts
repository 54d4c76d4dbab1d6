/** The supervisor of one run: resolves dependencies, fans out what is ready, and writes down what became of every node. */
import { join } from 'node:path';
import {
  type ActorContext,
  addressKey,
  type Behaviour,
  type Failure,
  type Operation,
  type Placement,
  providers,
  RuntimeError,
  type Spawned,
  STOP_DEADLINE_MS,
  toFailure,
} from '../../runtime/index.js';
import type { Described } from '../values/describe.js';
import {
  apply,
  executionOf,
  initial,
  inputsOf,
  isDone,
  type RunResult,
  ready,
  runResult,
  type ScheduleEvent,
  statusOf,
} from '../workflow/index.js';
import type { NodeInit, NodeReport, RunMessage } from './messages.js';
import type { RunInit, RunState } from './run-state.js';

export type { Kept, RunInit, RunSurroundings } from './run-state.js';

/** Light nodes that one run has under way at once, for each thread. */
const LIGHT_WINDOW = 64;

type Context = ActorContext<RunMessage>;

export const runActor: Behaviour<RunState, RunMessage, RunInit> = {
  async start(init, context) {
    const { plan, runId, surroundings, kept, along } = init;
    const state: RunState = {
      init,
      schedule: initial(plan, kept.keys()),
      outputs: new Map([...kept].map(([node, { outputs }]) => [node, outputs])),
      readers: new Map(
        plan.nodes.map(({ dependents }, node) => [node, dependents.filter((reader) => !kept.has(reader)).length]),
      ),
      executions: new Map([...kept].map(([node, { execution }]) => [node, execution])),
      actors: new Map(),
      nodeOf: new Map(),
      providers: new Map(),
      waitingLight: [],
      waitingHeavy: [],
      waiters: [],
      began: performance.now(),
      deadline: undefined,
      light: 0,
      heavy: 0,
      result: undefined,
      broken: undefined,
      written: Promise.resolve(),
    };
    await surroundings.log.append(runId, 'workflow_started', { total_nodes: plan.nodes.length }, along);
    for (const [node, readers] of state.readers) if (readers === 0) state.outputs.delete(node);
    for (const node of ready(state.schedule)) enqueue(state, node, context);
    // A run of which nothing is left to do ends with its launch: who asked for its result before must be heard first.
    context.self.tell({ type: 'launch' });
    return state;
  },

  async receive(state, message, context) {
    switch (message.type) {
      case 'launch':
        break;
      case 'placed': {
        const { node, chosen } = message;
        if (chosen.provider !== 'cpu') state.providers.set(node, chosen.provider);
        // The run may have been cancelled meanwhile.
        if (statusOf(state.schedule, node) === 'pending') state.waitingHeavy.push(node);
        break;
      }
      case 'not_placed':
        settle(state, context, { type: 'failed', node: message.node, error: message.error });
        break;
      case 'node_progress':
        announceProgress(state, message.node, message.percent);
        return state;
      case 'node_event':
        tellEvent(state, message, context);
        return state;
      case 'node_completed': {
        const { node, outputs, described, duration } = message;
        state.outputs.set(node, outputs);
        state.executions.set(node, { ...state.executions.get(node), outputs: jsonOf(described), duration });
        settle(state, context, { type: 'completed', node }, keepOutputs(state, node, described));
        break;
      }
      case 'node_failed': {
        const { node, failure, stopped, duration } = message;
        state.executions.set(node, { ...state.executions.get(node), duration });
        settle(state, context, stopped ? { type: 'stopped', node } : { type: 'failed', node, error: failure.message });
        break;
      }
      case 'terminated': {
        const node = state.nodeOf.get(addressKey(message.actor));
        if (node === undefined) return state;
        const spawned = state.actors.get(node)!;
        release(state, node);
        // An actor that ended without a word has crashed, or its thread died under it.
        if (statusOf(state.schedule, node) === 'running') {
          const failure = await causeOf(message.failure, spawned);
          const error = failure?.message ?? 'the node ended without a result';
          settle(
            state,
            context,
            state.schedule.cancelled ? { type: 'stopped', node } : { type: 'crashed', node, error },
          );
        }
        break;
      }
      case 'status':
        context.reply(state.result ?? resultOf(state));
        return state;
      case 'cancel':
        cancel(state, context);
        context.reply(undefined);
        break;
      case 'overdue':
        giveUp(state, context);
        break;
      case 'result': {
        const reply = context.deferReply();
        if (state.result) reply.reply(state.result);
        else state.waiters.push(reply);
        return state;
      }
    }
    launch(state, context);
    await finishIfDone(state, context);
    return state;
  },

  async stop(state, context) {
    cancel(state, context);
    clearTimeout(state.deadline);
    await Promise.all([...state.actors.values()].map((actor) => actor.stop()));
    for (const waiter of state.waiters)
      waiter.refuse(new RuntimeError('stopped', 'the runtime closed before the run had ended'));
  },
};

function enqueue(state: RunState, node: number, context: Context): void {
  const { registry, chooseProvider } = state.init.surroundings;
  const { type: name, config } = state.schedule.plan.nodes[node]!;
  const type = registry.find(name);
  if (type?.weight !== 'heavy') state.waitingLight.push(node);
  else if (!type.provider) state.waitingHeavy.push(node);
  else {
    const choose = chooseProvider ?? ((wanted) => providers.choose(wanted));
    choose(type.provider(config)).then(
      (chosen) => context.self.tell({ type: 'placed', node, chosen }),
      (error: unknown) => context.self.tell({ type: 'not_placed', node, error: toFailure(error).message }),
    );
  }
}

/** Starts what is ready, as far as threads and windows go. */
function launch(state: RunState, context: Context): void {
  const { threads } = state.init.surroundings;
  while (state.waitingHeavy.length > 0 && state.heavy < threads) {
    state.heavy += 1;
    const node = state.waitingHeavy.shift()!;
    start(state, node, state.providers.has(node) ? 'gpu' : 'own-heavy', context);
  }
  while (state.waitingLight.length > 0 && state.light < threads * LIGHT_WINDOW) {
    state.light += 1;
    start(state, state.waitingLight.shift()!, 'shared', context);
  }
}

function start(state: RunState, node: number, placement: Placement, context: Context): void {
  const { init, schedule } = state;
  const { kernel, hostEntry, modules, runsDir, artefactDir, dataRoots } = init.surroundings;
  const { id, type, config, incoming } = schedule.plan.nodes[node]!;
  const inputs = inputsOf(schedule.plan, node, (source) => state.outputs.get(source));
  const arrived = new Set(incoming.map((index) => schedule.plan.edges[index]!.targetPort));
  state.executions.set(node, { inputs: { ...config, ...inputsAsSeen(state, node, arrived) } });
  apply(schedule, { type: 'started', node });
  tellStatus(state, node, context);
  const nodeInit: NodeInit = {
    runId: init.runId,
    nodeId: id,
    node,
    type,
    modules,
    inputs,
    provider: state.providers.get(node) ?? 'cpu',
    run: context.self.address,
    outputDir: join(runsDir, init.runId, folderName(id, node)),
    artefactDir,
    dataRoots,
  };
  let spawned: Spawned<never>;
  try {
    spawned = kernel.spawn<never>({ module: hostEntry, name: 'nodeActor' }, nodeInit, placement);
  } catch (error) {
    // No thread has room: this node fails, and the run goes on.
    if (placement === 'shared') state.light -= 1;
    else state.heavy -= 1;
    return settle(state, context, { type: 'failed', node, error: toFailure(error).message });
  }
  state.actors.set(node, spawned);
  state.nodeOf.set(addressKey(spawned.ref.address), node);
  context.watch(spawned.ref);
}

/** Why an actor ended: the watch tells only that its thread is gone, the kernel knows of what it died. */
async function causeOf(told: Failure | undefined, spawned: Spawned<never>): Promise<Failure | undefined> {
  return told?.code === 'host_gone' ? ((await spawned.ended) ?? told) : told;
}

/** What arrived over the edges, as clients see it. */
function inputsAsSeen(state: RunState, node: number, ports: ReadonlySet<string>): Record<string, unknown> {
  const seen = inputsOf(state.schedule.plan, node, (source) => state.executions.get(source)?.outputs ?? {});
  return Object.fromEntries(Object.entries(seen).filter(([name]) => ports.has(name)));
}

function release(state: RunState, node: number): void {
  const spawned = state.actors.get(node);
  if (!spawned) return;
  state.actors.delete(node);
  state.nodeOf.delete(addressKey(spawned.ref.address));
  const heavy = state.init.surroundings.registry.find(state.schedule.plan.nodes[node]!.type)?.weight === 'heavy';
  if (heavy) state.heavy -= 1;
  else state.light -= 1;
}

/** Takes an ending in: what it makes ready is queued, what it ends is told. */
function settle(state: RunState, context: Context, event: ScheduleEvent, along: readonly Operation[] = []): void {
  const change = apply(state.schedule, event);
  for (const node of change.ready) enqueue(state, node, context);
  change.ended.forEach((node, index) => {
    tellStatus(state, node, context, index === 0 ? along : []);
    letGo(state, node);
  });
}

/** Nobody reads the outputs of a node whose readers have all ended. */
function letGo(state: RunState, node: number): void {
  const { plan } = state.schedule;
  for (const source of plan.nodes[node]!.dependencies) {
    const left = state.readers.get(source)! - 1;
    state.readers.set(source, left);
    if (left === 0) state.outputs.delete(source);
  }
  if (plan.nodes[node]!.dependents.length === 0) state.outputs.delete(node);
}

function cancel(state: RunState, context: Context): void {
  if (isDone(state.schedule) || state.schedule.cancelled) return;
  state.waitingHeavy.length = 0;
  state.waitingLight.length = 0;
  settle(state, context, { type: 'cancelled' });
  for (const actor of state.actors.values()) void actor.stop();
  state.deadline = setTimeout(() => context.self.tell({ type: 'overdue' }), STOP_DEADLINE_MS);
}

/** Ends the nodes that did not come back when they were told to, and gives their threads up. */
function giveUp(state: RunState, context: Context): void {
  for (const node of [...state.actors.keys()]) {
    if (statusOf(state.schedule, node) === 'running') settle(state, context, { type: 'stopped', node });
    state.actors.get(node)?.abandon();
    release(state, node);
  }
}

async function finishIfDone(state: RunState, context: Context): Promise<void> {
  if (!isDone(state.schedule) || state.result) return;
  const { runId, surroundings } = state.init;
  const { log, now } = surroundings;
  const result = resultOf(state);
  state.result = result;
  clearTimeout(state.deadline);
  await state.written;
  const ended: Operation = {
    statement: 'end_run',
    parameters: [result.status, JSON.stringify(result), new Date(now()).toISOString(), runId],
  };
  await log.append(runId, 'workflow_completed', { result }, [ended]).catch((error: unknown) => {
    state.broken = error;
  });
  for (const waiter of state.waiters.splice(0)) {
    if (state.broken) waiter.refuse(toStoreError(state.broken));
    else waiter.reply(result);
  }
  log.close(runId);
  context.end();
}

function resultOf(state: RunState): RunResult {
  const seconds = (performance.now() - state.began) / 1000;
  return runResult(state.init.runId, state.schedule, (node) => state.executions.get(node), seconds);
}

function toStoreError(error: unknown): Error {
  return new RuntimeError('store_failed', `the run's outcome could not be written down: ${toFailure(error).message}`);
}

function tellStatus(state: RunState, node: number, context: Context, along: readonly Operation[] = []): void {
  const { schedule, executions, init } = state;
  const status = statusOf(schedule, node);
  const execution = executionOf(schedule, node, executions.get(node));
  const progress = status === 'completed' ? 100 : 0;
  write(
    state,
    context,
    init.surroundings.log.append(
      init.runId,
      'node_progress',
      { node_id: schedule.plan.nodes[node]!.id, status, progress, execution },
      along,
    ),
  );
}

function tellEvent(
  state: RunState,
  { node, event }: Extract<NodeReport, { type: 'node_event' }>,
  context: Context,
): void {
  const { log } = state.init.surroundings;
  // The envelope is the log's: a field of the node's own must not stand in for a number, a time or a name of it.
  const { kind, type, seq: _, ts: __, run_id: ___, ...fields } = event;
  const body = { ...fields, node_id: state.schedule.plan.nodes[node]!.id, event: type };
  if (kind === 'moment') log.announce(state.init.runId, 'node_event', body, `${type}:${node}`);
  else write(state, context, log.append(state.init.runId, 'node_event', body));
}

function announceProgress(state: RunState, node: number, percent: number): void {
  const { runId, surroundings } = state.init;
  const body = { node_id: state.schedule.plan.nodes[node]!.id, status: 'running', progress: percent };
  surroundings.log.announce(runId, 'node_progress', body, `node_progress:${node}`);
}

/** The run goes on while the disk works; a failure to write cancels it, because what cannot be written down is lost. */
function write(state: RunState, context: Context, appended: Promise<unknown>): void {
  const settled = appended.then(
    () => undefined,
    (error: unknown) => {
      state.broken ??= error;
      cancel(state, context);
    },
  );
  state.written = state.written.then(() => settled);
}

function keepOutputs(
  state: RunState,
  node: number,
  described: Readonly<Record<string, Described>>,
): readonly Operation[] {
  const { id } = state.schedule.plan.nodes[node]!;
  const execution = JSON.stringify(state.executions.get(node) ?? {});
  return [{ statement: 'keep_output', parameters: [state.init.runId, id, execution, JSON.stringify(described)] }];
}

function jsonOf(described: Readonly<Record<string, Described>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(described).map(([port, { json }]) => [port, json]));
}

/** A folder name for a node id, whatever characters that has. */
function folderName(id: string, node: number): string {
  const safe = id.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 60);
  return safe === id ? id : `${safe}_${node}`;
}
