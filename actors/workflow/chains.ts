/** Cuts a plan into chains: nodes that a thread can run one after the other without asking anybody. */
import type { Plan } from './plan.js';

/**
 * The successor that each node picked, or -1: the first of its dependents that waits for it alone. Every node is picked by one node at
 * most, so the chains do not overlap. O(nodes + edges).
 * @param mayChain whether a node may stand in a chain at all
 */
export function chainsOf(plan: Plan, mayChain: (node: number) => boolean): Int32Array {
  const { nodes } = plan;
  const may = Uint8Array.from(nodes, (_, node) => (mayChain(node) ? 1 : 0));
  return Int32Array.from(nodes, ({ dependents }, node) => {
    if (may[node] === 0) return -1;
    for (const dependent of dependents) if (nodes[dependent]!.inDegree === 1 && may[dependent] === 1) return dependent;
    return -1;
  });
}
