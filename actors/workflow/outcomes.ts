/** What becomes of a node in every situation: one table, a cell for each cause and position. */

/** Statuses of a node, as the contract names them. The number of a status is its place in this list. */
export const STATUSES = ['pending', 'running', 'completed', 'failed', 'skipped', 'cancelled'] as const;

export type NodeStatus = (typeof STATUSES)[number];

/** Where a node stands when something happens: `ended` is any of the four final statuses. */
export type Position = 'pending' | 'running' | 'ended';

/** What can happen to a node. */
export type Cause =
  | 'started'
  | 'completed'
  /** `run` threw, or its inputs could not be put together. */
  | 'failed'
  | 'timed_out'
  /** The thread or the process under it died. */
  | 'crashed'
  /** It was asked to stop and did, or it alone was cancelled. */
  | 'stopped'
  | 'ancestor_failed'
  | 'ancestor_cancelled'
  | 'run_cancelled';

/**
 * `unchanged`: the event is late or of no consequence, and is let pass.
 * `impossible`: the supervisor contradicts itself; the schedule throws.
 */
export type Outcome = NodeStatus | 'unchanged' | 'impossible';

/**
 * - A final status never changes: a result that arrives from a thread already given up is late, not an error.
 * - `crashed` leaves a pending node pending: it lost its place, not its work, and is placed again.
 * - `run_cancelled` leaves a running node running: it is asked to stop and then says itself how it ended.
 * - A node whose ancestor failed or was cancelled cannot be running: it never had all its inputs.
 */
export const OUTCOMES: Readonly<Record<Cause, Readonly<Record<Position, Outcome>>>> = {
  started: { pending: 'running', running: 'impossible', ended: 'unchanged' },
  completed: { pending: 'impossible', running: 'completed', ended: 'unchanged' },
  failed: { pending: 'failed', running: 'failed', ended: 'unchanged' },
  timed_out: { pending: 'impossible', running: 'failed', ended: 'unchanged' },
  crashed: { pending: 'unchanged', running: 'failed', ended: 'unchanged' },
  stopped: { pending: 'cancelled', running: 'cancelled', ended: 'unchanged' },
  ancestor_failed: { pending: 'skipped', running: 'impossible', ended: 'unchanged' },
  ancestor_cancelled: { pending: 'cancelled', running: 'impossible', ended: 'unchanged' },
  run_cancelled: { pending: 'cancelled', running: 'unchanged', ended: 'unchanged' },
};

/** What a node's end does to the nodes that hang on it; `completed` frees them instead. */
export const CONSEQUENCES: Readonly<Record<'failed' | 'cancelled', Cause>> = {
  failed: 'ancestor_failed',
  cancelled: 'ancestor_cancelled',
};

export function isFinal(status: NodeStatus): boolean {
  return status !== 'pending' && status !== 'running';
}

export function positionOf(status: NodeStatus): Position {
  return status === 'pending' || status === 'running' ? status : 'ended';
}
