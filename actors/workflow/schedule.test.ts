import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFinal, type NodeStatus } from './outcomes.js';
import { link, type Plan } from './plan.js';
import { apply, errorOf, initial, isDone, ready, type Schedule, statusOf } from './schedule.js';

type Edges = readonly (readonly [number, number])[];

function plan(count: number, edges: Edges): Plan {
  return link(
    Array.from({ length: count }, (_, index) => ({ id: `n${index}`, type: 'note', config: {} })),
    edges.map(([source, target], edge) => ({ edge, source, sourcePort: 'text', target, targetPort: 'anything' })),
  );
}

function statuses(schedule: Schedule): NodeStatus[] {
  return schedule.plan.nodes.map((_, node) => statusOf(schedule, node));
}

function complete(schedule: Schedule, node: number) {
  apply(schedule, { type: 'started', node });
  return apply(schedule, { type: 'completed', node });
}

function fail(schedule: Schedule, node: number) {
  apply(schedule, { type: 'started', node });
  return apply(schedule, { type: 'failed', node, error: 'no memory' });
}

const DIAMOND = plan(4, [
  [0, 1],
  [0, 2],
  [1, 3],
  [2, 3],
]);

describe('a schedule', () => {
  it('frees a node the moment its last dependency completes', () => {
    const schedule = initial(DIAMOND);
    expect(ready(schedule)).toEqual([0]);
    expect(complete(schedule, 0)).toEqual({ ready: [1, 2], ended: [0] });
    expect(complete(schedule, 2)).toEqual({ ready: [], ended: [2] });
    expect(complete(schedule, 1)).toEqual({ ready: [3], ended: [1] });
    expect(complete(schedule, 3)).toEqual({ ready: [], ended: [3] });
    expect(isDone(schedule)).toBe(true);
  });

  it('skips what hangs on a failed node, names it, and lets the rest go on', () => {
    const schedule = initial(
      plan(6, [
        [0, 1],
        [1, 2],
        [3, 4],
        [2, 5],
        [4, 5],
      ]),
    );
    expect(fail(schedule, 0)).toEqual({ ready: [], ended: [0, 1, 2, 5] });
    expect(complete(schedule, 3).ready).toEqual([4]);
    expect(complete(schedule, 4).ready).toEqual([]);
    expect(statuses(schedule)).toEqual(['failed', 'skipped', 'skipped', 'completed', 'completed', 'skipped']);
    expect([0, 1, 5, 3].map((node) => errorOf(schedule, node))).toEqual([
      'no memory',
      'skipped because node "n0" failed',
      'skipped because node "n0" failed',
      undefined,
    ]);
    expect(schedule.failures).toEqual([0]);
    expect(isDone(schedule)).toBe(true);
  });

  it('cancels what has not begun, and waits for what runs to say how it ended', () => {
    const schedule = initial(
      plan(5, [
        [0, 3],
        [1, 4],
      ]),
    );
    for (const node of [0, 1]) apply(schedule, { type: 'started', node });
    expect(apply(schedule, { type: 'cancelled' })).toEqual({ ready: [], ended: [2, 3, 4] });
    expect(isDone(schedule)).toBe(false);
    // It came to its end before it saw the request: its result counts, and frees nobody.
    expect(apply(schedule, { type: 'completed', node: 0 })).toEqual({ ready: [], ended: [0] });
    expect(apply(schedule, { type: 'stopped', node: 1 })).toEqual({ ready: [], ended: [1] });
    expect(statuses(schedule)).toEqual(['completed', 'cancelled', 'cancelled', 'cancelled', 'cancelled']);
    expect(errorOf(schedule, 2)).toBe('cancelled');
    expect(isDone(schedule)).toBe(true);
  });

  it('cancels the descendants of a node that was cancelled alone', () => {
    const schedule = initial(DIAMOND);
    complete(schedule, 0);
    expect(apply(schedule, { type: 'stopped', node: 1 })).toEqual({ ready: [], ended: [1, 3] });
    expect(errorOf(schedule, 3)).toBe('cancelled because node "n1" was');
    expect(complete(schedule, 2).ready).toEqual([]);
    expect(statuses(schedule)).toEqual(['completed', 'cancelled', 'completed', 'cancelled']);
  });

  it('takes up a run of which some nodes are completed', () => {
    const schedule = initial(DIAMOND, [0, 2, 0]);
    expect(ready(schedule)).toEqual([1]);
    expect(complete(schedule, 1).ready).toEqual([3]);
    expect(schedule.open).toBe(1);
    expect(() => initial(DIAMOND, [3])).toThrow('node "n3" cannot count as completed');
    expect(() => initial(DIAMOND, [9])).toThrow('there is no node 9');
  });

  it('refuses events that contradict it', () => {
    const schedule = initial(DIAMOND);
    expect(() => apply(schedule, { type: 'started', node: 3 })).toThrow(
      'node "n3" cannot be started: it is pending and waits for 2',
    );
    expect(() => apply(schedule, { type: 'completed', node: 0 })).toThrow('node "n0" cannot be completed');
    expect(() => apply(schedule, { type: 'started', node: 4 })).toThrow('there is no node 4');
    expect(statuses(schedule)).toEqual(['pending', 'pending', 'pending', 'pending']);
  });

  it('is plain data', () => {
    const schedule = initial(DIAMOND);
    complete(schedule, 0);
    const copy = structuredClone(schedule);
    expect(fail(copy, 1)).toEqual(fail(schedule, 1));
    expect(copy).toEqual(schedule);
  });

  it('runs a chain of 20,000 nodes, and skips one, without recursion', () => {
    const chain = plan(
      20_000,
      Array.from({ length: 19_999 }, (_, node) => [node, node + 1] as const),
    );
    const schedule = initial(chain);
    let next = ready(schedule);
    while (next.length > 0) next = [...complete(schedule, next[0]!).ready];
    expect(isDone(schedule)).toBe(true);
    expect(fail(initial(chain), 0).ended).toHaveLength(20_000);
  });
});

/** A random acyclic graph (edges lead upwards), what each node does, and draws that choose the order of events. */
const runs = fc.integer({ min: 1, max: 14 }).chain((count) =>
  fc.record({
    count: fc.constant(count),
    edges: fc.array(
      fc
        .tuple(fc.nat({ max: count - 1 }), fc.nat({ max: count - 1 }))
        .map(([left, right]) => [Math.min(left, right), Math.max(left, right)] as const),
      { maxLength: 40 },
    ),
    fails: fc.array(
      fc.integer({ min: 0, max: 9 }).map((draw) => draw < 2),
      { minLength: count, maxLength: count },
    ),
    order: fc.array(fc.nat({ max: 1000 }), { minLength: 4 * count, maxLength: 4 * count }),
  }),
);

interface Played {
  readonly schedule: Schedule;
  readonly finals: number[];
  readonly plan: Plan;
}

/** Plays a run to its end: at each turn starts a ready node or ends a running one. `cancelAt`: the turn before which all is cancelled. */
function play(count: number, edges: Edges, fails: readonly boolean[], order: readonly number[], cancelAt = -1): Played {
  const compiled = plan(
    count,
    edges.filter(([source, target]) => source !== target),
  );
  const schedule = initial(compiled);
  const startable = new Set(ready(schedule));
  const running = new Set<number>();
  const finals: number[] = [];
  for (let turn = 0; startable.size + running.size > 0 || turn === cancelAt; turn++) {
    if (turn === cancelAt) {
      for (const node of apply(schedule, { type: 'cancelled' }).ended) finals.push(node);
      startable.clear();
      continue;
    }
    const choices = [...startable, ...running];
    const node = choices[order[turn % order.length]! % choices.length]!;
    if (startable.delete(node)) {
      for (const dependency of compiled.nodes[node]!.dependencies)
        expect(statusOf(schedule, dependency)).toBe('completed');
      apply(schedule, { type: 'started', node });
      running.add(node);
      continue;
    }
    running.delete(node);
    const change = apply(
      schedule,
      fails[node] ? { type: 'failed', node, error: 'broken' } : { type: 'completed', node },
    );
    for (const ended of change.ended) {
      finals.push(ended);
      startable.delete(ended);
    }
    for (const freed of change.ready) {
      expect(startable.has(freed)).toBe(false);
      startable.add(freed);
    }
  }
  return { schedule, finals, plan: compiled };
}

/** Ancestors of a node, the slow and certain way. */
function ancestors({ nodes }: Plan, node: number, found = new Set<number>()): Set<number> {
  for (const dependency of nodes[node]!.dependencies) {
    if (!found.has(dependency)) ancestors({ nodes, edges: [] }, dependency, found.add(dependency));
  }
  return found;
}

describe('any run of any graph', () => {
  it('ends every node exactly once, starts none early, and skips exactly what hangs on a failure', () => {
    fc.assert(
      fc.property(runs, ({ count, edges, fails, order }) => {
        const { schedule, finals, plan: compiled } = play(count, edges, fails, order);
        expect(isDone(schedule)).toBe(true);
        expect([...finals].sort((left, right) => left - right)).toEqual(
          Array.from({ length: count }, (_, node) => node),
        );
        for (let node = 0; node < count; node++) {
          const above = [...ancestors(compiled, node)];
          const blocked = above.some((other) => statusOf(schedule, other) === 'failed');
          const expected = blocked ? 'skipped' : fails[node] ? 'failed' : 'completed';
          expect(statusOf(schedule, node)).toBe(expected);
          if (blocked) {
            const named = schedule.blockedBy[node]!;
            expect(above).toContain(named);
            expect(statusOf(schedule, named)).toBe('failed');
            expect(errorOf(schedule, node)).toContain(`"n${named}"`);
          }
        }
      }),
    );
  });

  it('comes to the same statuses in whatever order its nodes end', () => {
    fc.assert(
      fc.property(runs, fc.array(fc.nat({ max: 1000 }), { minLength: 8, maxLength: 60 }), (run, otherOrder) => {
        const first = play(run.count, run.edges, run.fails, run.order);
        const second = play(run.count, run.edges, run.fails, otherOrder);
        expect(statuses(second.schedule)).toEqual(statuses(first.schedule));
      }),
    );
  });

  it('ends every node exactly once also when it is cancelled at any moment', () => {
    fc.assert(
      fc.property(runs, fc.nat({ max: 20 }), ({ count, edges, fails, order }, cancelAt) => {
        const { schedule, finals } = play(count, edges, fails, order, cancelAt);
        expect(isDone(schedule)).toBe(true);
        expect(finals).toHaveLength(count);
        expect(new Set(finals).size).toBe(count);
        expect(statuses(schedule).every(isFinal)).toBe(true);
      }),
    );
  });

  it('lets late events of ended nodes pass without a trace', () => {
    fc.assert(
      fc.property(runs, ({ count, edges, fails, order }) => {
        const { schedule } = play(count, edges, fails, order);
        const before = structuredClone(schedule);
        for (let node = 0; node < count; node++) {
          for (const type of ['started', 'completed', 'stopped'] as const) {
            expect(apply(schedule, { type, node })).toEqual({ ready: [], ended: [] });
          }
          apply(schedule, { type: 'crashed', node, error: 'late' });
        }
        expect(schedule).toEqual(before);
      }),
    );
  });
});
