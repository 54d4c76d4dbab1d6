/** The answer to a run: what the contract calls its result, for runs that ran and for graphs that could not. */
import { type Fault, isCycle } from './faults.js';
import type { NodeStatus } from './outcomes.js';
import { errorOf, isDone, type Schedule, statusOf } from './schedule.js';

/** What is known of one node beside its status. Large values must be handles already. */
export interface Execution {
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  /** Seconds from its start to its end. */
  readonly duration?: number;
}

/** One node in a result and in `node_progress`. */
export interface NodeExecution {
  readonly status: NodeStatus;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly error: string | null;
  /** Seconds; 0 for a node that never started. */
  readonly duration: number;
}

export interface RunStatistics {
  readonly total_nodes: number;
  readonly completed_nodes: number;
  readonly failed_nodes: number;
  readonly skipped_nodes: number;
  readonly cancelled_nodes: number;
  /** Seconds that the nodes took, added up. */
  readonly total_duration: number;
  /** Seconds from the run's start to its end. */
  readonly wall_duration: number;
}

export interface RunResult {
  readonly run_id: string | null;
  /** `running` only while nodes have no final status. */
  readonly status: 'running' | 'success' | 'error' | 'cancelled';
  readonly error?: string;
  /** The node that failed first. */
  readonly failed_node?: string;
  /** Every fault of a graph that was not run. */
  readonly errors?: readonly Fault[];
  readonly executions: Readonly<Record<string, NodeExecution>>;
  /** Outputs of the completed nodes. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly statistics: RunStatistics;
}

/** One node as clients see it. */
export function executionOf(schedule: Schedule, node: number, known: Execution | undefined): NodeExecution {
  return {
    status: statusOf(schedule, node),
    inputs: known?.inputs ?? {},
    outputs: known?.outputs ?? {},
    error: errorOf(schedule, node) ?? null,
    duration: known?.duration ?? 0,
  };
}

/** The sentence of a run in which nodes failed: the first failure in full, the others by name. */
function failureOf({ plan, failures, errors }: Schedule): { error: string; failed_node: string } | undefined {
  const [first, ...others] = failures;
  if (first === undefined) return undefined;
  const { id } = plan.nodes[first]!;
  const names = others.map((node) => `"${plan.nodes[node]!.id}"`);
  const rest = names.length > 10 ? `${names.slice(0, 10).join(', ')} and ${names.length - 10} more` : names.join(', ');
  return {
    error: `node "${id}" failed: ${errors.get(first)}${others.length > 0 ? ` (failed as well: ${rest})` : ''}`,
    failed_node: id,
  };
}

/**
 * The result of a run, also of one that still goes on. A run that was cancelled is `cancelled` if the cancelling kept any
 * node from ending by itself, and names its failures all the same.
 * @param executionAt what is known of the node with this index
 * @param wallDuration seconds since the run's start
 */
export function runResult(
  runId: string,
  schedule: Schedule,
  executionAt: (node: number) => Execution | undefined,
  wallDuration: number,
): RunResult {
  const { nodes } = schedule.plan;
  const executions = nodes.map((_, node) => executionOf(schedule, node, executionAt(node)));
  const count = (status: NodeStatus) => executions.filter((execution) => execution.status === status).length;
  const cancelledNodes = count('cancelled');
  const failure = failureOf(schedule);
  const ended = cancelledNodes > 0 ? 'cancelled' : failure === undefined ? 'success' : 'error';
  const named = executions.map((execution, node) => [nodes[node]!.id, execution] as const);
  return {
    run_id: runId,
    status: isDone(schedule) ? ended : 'running',
    ...(failure ??
      (cancelledNodes > 0 ? { error: schedule.cancelled ? 'the run was cancelled' : 'a node was cancelled' } : {})),
    executions: Object.fromEntries(named),
    outputs: Object.fromEntries(
      named.filter(([, { status }]) => status === 'completed').map(([id, { outputs }]) => [id, outputs]),
    ),
    statistics: {
      total_nodes: nodes.length,
      completed_nodes: count('completed'),
      failed_nodes: count('failed'),
      skipped_nodes: count('skipped'),
      cancelled_nodes: cancelledNodes,
      total_duration: executions.reduce((sum, { duration }) => sum + duration, 0),
      wall_duration: wallDuration,
    },
  };
}

/**
 * The result of a graph with faults: nothing ran. `error` is the message of a cycle where there is one (existing clients look
 * for it), else the first fault.
 * @param totalNodes how many nodes the graph has, where that is known
 */
export function invalidResult(faults: readonly Fault[], totalNodes = 0, runId: string | null = null): RunResult {
  const told = faults.find(isCycle) ?? faults[0];
  return {
    run_id: runId,
    status: 'error',
    error: told?.message ?? 'the workflow is not valid',
    errors: faults,
    executions: {},
    outputs: {},
    statistics: {
      total_nodes: totalNodes,
      completed_nodes: 0,
      failed_nodes: 0,
      skipped_nodes: 0,
      cancelled_nodes: 0,
      total_duration: 0,
      wall_duration: 0,
    },
  };
}
