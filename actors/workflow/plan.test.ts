import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { link } from './plan.js';

describe('link', () => {
  it('gives dependencies and dependents that mirror each other, each once and ascending', () => {
    const graph = fc.integer({ min: 1, max: 10 }).chain((count) =>
      fc.tuple(
        fc.constant(count),
        fc.array(
          fc.tuple(fc.nat({ max: count - 1 }), fc.nat({ max: count - 1 })).filter(([a, b]) => a !== b),
          {
            maxLength: count === 1 ? 0 : 30,
          },
        ),
      ),
    );
    fc.assert(
      fc.property(graph, ([count, pairs]) => {
        const nodes = Array.from({ length: count }, (_, index) => ({ id: `n${index}`, type: 't', config: {} }));
        const edges = pairs.map(([source, target], edge) => ({
          edge,
          source,
          sourcePort: 'a',
          target,
          targetPort: 'b',
        }));
        const plan = link(nodes, edges);
        const expected = (keep: (pair: [number, number]) => boolean, take: (pair: [number, number]) => number) =>
          [...new Set(pairs.filter(keep).map(take))].sort((left, right) => left - right);
        plan.nodes.forEach((node, index) => {
          expect(node.dependencies).toEqual(
            expected(
              ([, target]) => target === index,
              ([source]) => source,
            ),
          );
          expect(node.dependents).toEqual(
            expected(
              ([source]) => source === index,
              ([, target]) => target,
            ),
          );
          expect(node.inDegree).toBe(node.dependencies.length);
          expect(node.incoming).toEqual(edges.filter(({ target }) => target === index).map(({ edge }) => edge));
        });
      }),
    );
  });
});
