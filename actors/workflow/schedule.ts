/**
 * Which node may start, and what an ending does to the others: a state machine over a plan, without threads or clock.
 * The state is changed in place. Every event costs O(edges of the nodes it touches), and no node is touched by more
 * endings than it has dependencies, so a whole run costs O(nodes + edges).
 */
import { type Cause, CONSEQUENCES, type NodeStatus, OUTCOMES, positionOf, STATUSES } from './outcomes.js';
import type { Plan } from './plan.js';

/** Plain data: it may be cloned and sent. Read it with the functions below. */
export interface Schedule {
  readonly plan: Plan;
  /** Status of each node: its place in `STATUSES`. */
  readonly status: Uint8Array;
  /** How many dependencies of each node have not completed. */
  readonly waiting: Int32Array;
  /** The failed or cancelled ancestor for whose sake a node was skipped or cancelled, or -1. */
  readonly blockedBy: Int32Array;
  /** Why each failed node failed. */
  readonly errors: Map<number, string>;
  /** The failed nodes in the order of their failures. */
  readonly failures: number[];
  /** Whether the run as a whole was cancelled. */
  cancelled: boolean;
  /** How many nodes have no final status yet. */
  open: number;
}

export type ScheduleEvent =
  | { readonly type: 'started' | 'completed' | 'stopped'; readonly node: number }
  | { readonly type: 'failed' | 'timed_out' | 'crashed'; readonly node: number; readonly error: string }
  /** The whole run is cancelled. */
  | { readonly type: 'cancelled' };

/** What an event brought about. */
export interface Change {
  /** Nodes that may start now, and could not before. */
  readonly ready: readonly number[];
  /** Nodes that came to a final status, the event's own node first. */
  readonly ended: readonly number[];
}

const NOTHING: readonly number[] = Object.freeze([]);
const UNCHANGED: Change = Object.freeze({ ready: NOTHING, ended: NOTHING });
const PENDING = STATUSES.indexOf('pending');
const COMPLETED = STATUSES.indexOf('completed');
const NUMBER_OF = Object.fromEntries(STATUSES.map((status, number) => [status, number])) as Record<NodeStatus, number>;

/**
 * The beginning of a run.
 * @param completed nodes whose outputs are there already (a retry): they count as completed
 * @throws RangeError if such a node depends on one that is not completed
 */
export function initial(plan: Plan, completed: Iterable<number> = []): Schedule {
  const count = plan.nodes.length;
  const status = new Uint8Array(count).fill(PENDING);
  const waiting = Int32Array.from(plan.nodes, (node) => node.inDegree);
  let open = count;
  for (const node of completed) {
    if (plan.nodes[node] === undefined) throw new RangeError(`there is no node ${node} in a plan of ${count} nodes`);
    if (status[node] === COMPLETED) continue;
    status[node] = COMPLETED;
    open -= 1;
    for (const dependent of plan.nodes[node].dependents) waiting[dependent]! -= 1;
  }
  for (let node = 0; node < count; node++) {
    if (status[node] === COMPLETED && waiting[node] !== 0) {
      throw new RangeError(`node "${plan.nodes[node]!.id}" cannot count as completed: a node it depends on does not`);
    }
  }
  return {
    plan,
    status,
    waiting,
    blockedBy: new Int32Array(count).fill(-1),
    errors: new Map(),
    failures: [],
    cancelled: false,
    open,
  };
}

export function statusOf(schedule: Schedule, node: number): NodeStatus {
  return STATUSES[schedule.status[node]!]!;
}

/** Every node that may start now, ascending. O(nodes): for the beginning of a run; afterwards each change tells the new ones. */
export function ready(schedule: Schedule): number[] {
  const found: number[] = [];
  for (let node = 0; node < schedule.status.length; node++) {
    if (schedule.status[node] === PENDING && schedule.waiting[node] === 0) found.push(node);
  }
  return found;
}

/** Whether every node has its final status. */
export function isDone(schedule: Schedule): boolean {
  return schedule.open === 0;
}

/** Why a node did not complete: its own error, or the ancestor's name. `undefined` for every other node. */
export function errorOf(schedule: Schedule, node: number): string | undefined {
  const own = schedule.errors.get(node);
  if (own !== undefined) return own;
  const status = statusOf(schedule, node);
  const blocker = schedule.plan.nodes[schedule.blockedBy[node]!]?.id;
  if (status === 'skipped') return `skipped because node "${blocker}" failed`;
  if (status !== 'cancelled') return undefined;
  return blocker === undefined ? 'cancelled' : `cancelled because node "${blocker}" was`;
}

/**
 * Takes an event in.
 * @throws RangeError if the node is not in the plan
 * @throws Error if the event contradicts the state (a node that starts before its inputs are there, or twice): a bug of the caller
 */
export function apply(schedule: Schedule, event: ScheduleEvent): Change {
  if (event.type === 'cancelled') return cancelRun(schedule);
  const { node } = event;
  const before = STATUSES[schedule.status[node] ?? -1];
  if (before === undefined)
    throw new RangeError(`there is no node ${node} in a plan of ${schedule.status.length} nodes`);
  const outcome = OUTCOMES[event.type][positionOf(before)];
  if (outcome === 'unchanged') return UNCHANGED;
  if (outcome === 'impossible' || (outcome === 'running' && schedule.waiting[node] !== 0)) {
    throw new Error(
      `node "${schedule.plan.nodes[node]!.id}" cannot be ${event.type}: it is ${before} and waits for ${schedule.waiting[node]} other nodes`,
    );
  }
  schedule.status[node] = NUMBER_OF[outcome];
  if (outcome === 'running') return UNCHANGED;
  schedule.open -= 1;
  if (outcome === 'completed') return { ready: release(schedule, node), ended: [node] };
  if (outcome === 'failed') {
    schedule.failures.push(node);
    schedule.errors.set(node, 'error' in event ? event.error : 'failed');
  }
  const ended = [node];
  if (outcome === 'failed' || outcome === 'cancelled') block(schedule, node, CONSEQUENCES[outcome], ended);
  return { ready: NOTHING, ended };
}

/** Counts a completed node down in its dependents; gives those that waited for it alone. */
function release(schedule: Schedule, node: number): readonly number[] {
  let freed: number[] | undefined;
  for (const dependent of schedule.plan.nodes[node]!.dependents) {
    const left = schedule.waiting[dependent]! - 1;
    schedule.waiting[dependent] = left;
    if (left === 0 && schedule.status[dependent] === PENDING) {
      freed ??= [];
      freed.push(dependent);
    }
  }
  return freed ?? NOTHING;
}

/** Ends every descendant that has not ended; behind one that has, all have. Appends them to `ended`, nearest first. */
function block(schedule: Schedule, ancestor: number, cause: Cause, ended: number[]): void {
  for (let next = ended.length - 1; next < ended.length; next++) {
    for (const dependent of schedule.plan.nodes[ended[next]!]!.dependents) {
      if (!settle(schedule, dependent, cause)) continue;
      schedule.blockedBy[dependent] = ancestor;
      ended.push(dependent);
    }
  }
}

function cancelRun(schedule: Schedule): Change {
  schedule.cancelled = true;
  const ended: number[] = [];
  for (let node = 0; node < schedule.status.length; node++) {
    if (settle(schedule, node, 'run_cancelled')) ended.push(node);
  }
  return ended.length === 0 ? UNCHANGED : { ready: NOTHING, ended };
}

/** Gives a node the final status that the table says; whether there was one to give. */
function settle(schedule: Schedule, node: number, cause: Cause): boolean {
  const before = statusOf(schedule, node);
  const outcome = OUTCOMES[cause][positionOf(before)];
  if (outcome === 'unchanged') return false;
  if (outcome === 'impossible') {
    throw new Error(
      `node "${schedule.plan.nodes[node]!.id}" is ${before} although a node it depends on did not complete (${cause})`,
    );
  }
  schedule.status[node] = NUMBER_OF[outcome];
  schedule.open -= 1;
  return true;
}
