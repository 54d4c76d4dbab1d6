import { describe, expect, it } from 'vitest';
import {
  type Cause,
  isFinal,
  type NodeStatus,
  OUTCOMES,
  type Outcome,
  type Position,
  positionOf,
  STATUSES,
} from './outcomes.js';
import { link } from './plan.js';
import { apply, initial, type ScheduleEvent, statusOf } from './schedule.js';

/** Every cell, written out once more by hand: a change of the table must be meant. */
const CELLS: readonly [Cause, Position, Outcome][] = [
  ['started', 'pending', 'running'],
  ['started', 'running', 'impossible'],
  ['started', 'ended', 'unchanged'],
  ['completed', 'pending', 'impossible'],
  ['completed', 'running', 'completed'],
  ['completed', 'ended', 'unchanged'],
  ['failed', 'pending', 'failed'],
  ['failed', 'running', 'failed'],
  ['failed', 'ended', 'unchanged'],
  ['timed_out', 'pending', 'impossible'],
  ['timed_out', 'running', 'failed'],
  ['timed_out', 'ended', 'unchanged'],
  ['crashed', 'pending', 'unchanged'],
  ['crashed', 'running', 'failed'],
  ['crashed', 'ended', 'unchanged'],
  ['stopped', 'pending', 'cancelled'],
  ['stopped', 'running', 'cancelled'],
  ['stopped', 'ended', 'unchanged'],
  ['ancestor_failed', 'pending', 'skipped'],
  ['ancestor_failed', 'running', 'impossible'],
  ['ancestor_failed', 'ended', 'unchanged'],
  ['ancestor_cancelled', 'pending', 'cancelled'],
  ['ancestor_cancelled', 'running', 'impossible'],
  ['ancestor_cancelled', 'ended', 'unchanged'],
  ['run_cancelled', 'pending', 'cancelled'],
  ['run_cancelled', 'running', 'unchanged'],
  ['run_cancelled', 'ended', 'unchanged'],
];

const PLAN = link(
  [
    { id: 'ancestor', type: 'note', config: {} },
    { id: 'node', type: 'note', config: {} },
  ],
  [{ edge: 0, source: 0, sourcePort: 'text', target: 1, targetPort: 'anything' }],
);

/** A schedule whose node 1 stands in that position, with node 0 still to end where the cause is an ancestor's. */
function standing(position: Position, ancestorOpen: boolean) {
  const schedule = initial(PLAN);
  apply(schedule, { type: 'started', node: 0 });
  if (!ancestorOpen) apply(schedule, { type: 'completed', node: 0 });
  if (position !== 'pending') schedule.status[1] = STATUSES.indexOf('running');
  if (position === 'ended') {
    schedule.status[1] = STATUSES.indexOf('completed');
    schedule.open -= 1;
  }
  return schedule;
}

function eventOf(cause: Cause): ScheduleEvent {
  switch (cause) {
    case 'ancestor_failed':
      return { type: 'failed', node: 0, error: 'out of memory' };
    case 'ancestor_cancelled':
      return { type: 'stopped', node: 0 };
    case 'run_cancelled':
      return { type: 'cancelled' };
    case 'failed':
    case 'timed_out':
    case 'crashed':
      return { type: cause, node: 1, error: 'out of memory' };
    default:
      return { type: cause, node: 1 };
  }
}

describe('the table of outcomes', () => {
  it('has a test for every cell', () => {
    const cells = Object.entries(OUTCOMES).flatMap(([cause, row]) =>
      Object.keys(row).map((position) => `${cause} ${position}`),
    );
    expect(CELLS.map(([cause, position]) => `${cause} ${position}`).sort()).toEqual(cells.sort());
  });

  it.each(CELLS)('%s while %s: %s, and the schedule does it', (cause, position, outcome) => {
    expect(OUTCOMES[cause][position]).toBe(outcome);
    const schedule = standing(position, cause.startsWith('ancestor'));
    const before = statusOf(schedule, 1);
    if (outcome === 'impossible') {
      expect(() => apply(schedule, eventOf(cause))).toThrow(/node "node"/);
      return;
    }
    const change = apply(schedule, eventOf(cause));
    const after = outcome === 'unchanged' ? before : outcome;
    expect(statusOf(schedule, 1)).toBe(after);
    expect(change.ended.includes(1)).toBe(isFinal(after) && !isFinal(before));
  });

  it.each<[NodeStatus, Position, boolean]>([
    ['pending', 'pending', false],
    ['running', 'running', false],
    ['completed', 'ended', true],
    ['failed', 'ended', true],
    ['skipped', 'ended', true],
    ['cancelled', 'ended', true],
  ])('%s stands as %s, final: %s', (status, position, final) => {
    expect(positionOf(status)).toBe(position);
    expect(isFinal(status)).toBe(final);
  });
});
