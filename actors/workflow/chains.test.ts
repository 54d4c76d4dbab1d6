import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chainsOf } from './chains.js';
import { link, type PlanEdge } from './plan.js';

const planOf = (count: number, edges: readonly (readonly [number, number])[]) =>
  link(
    Array.from({ length: count }, (_, node) => ({ id: `n${node}`, type: 'any', config: {} })),
    edges.map(([source, target], edge): PlanEdge => ({ edge, source, sourcePort: 'a', target, targetPort: 'b' })),
  );

const all = () => true;

describe('chainsOf', () => {
  it('follows a line from its first node to its last', () => {
    expect([...chainsOf(planOf(3, [[0, 1], [1, 2]]), all)]).toEqual([1, 2, -1]); // biome-ignore format: a graph a line
  });

  it('picks one of several dependents, and none that waits for somebody else too', () => {
    expect([...chainsOf(planOf(4, [[0, 1], [0, 2], [1, 3], [2, 3]]), all)]).toEqual([1, -1, -1, -1]); // biome-ignore format: a graph a line
  });

  it('leaves out the nodes that may not stand in a chain', () => {
    expect([...chainsOf(planOf(4, [[0, 1], [1, 2], [2, 3]]), (node) => node !== 1)]).toEqual([-1, -1, 3, -1]); // biome-ignore format: a graph a line
  });

  it('puts every node into exactly one chain, behind the one node that it waits for', () => {
    const graphs = fc.integer({ min: 1, max: 30 }).chain((count) =>
      fc.record({
        count: fc.constant(count),
        edges: fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 60 }),
      }),
    );
    fc.assert(
      fc.property(graphs, ({ count, edges }) => {
        const plan = planOf(
          count,
          edges.filter(([source, target]) => source < target),
        );
        const next = chainsOf(plan, all);
        const picked = [...next].filter((node) => node >= 0);
        expect(new Set(picked).size).toBe(picked.length);
        for (const [node, successor] of next.entries()) {
          if (successor >= 0) expect(plan.nodes[successor]!.dependencies).toEqual([node]);
        }
      }),
    );
  });
});
