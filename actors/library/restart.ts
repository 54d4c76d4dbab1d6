/** Runs that an earlier process left under way: they go on where the log says that they stood. */
import type { History } from '../run/history.js';
import type { Plan } from '../workflow/index.js';

/** A node during which the process ended so often is not run again: it may be what ends it. */
const MOST_INTERRUPTIONS = 3;

/** The nodes that are not run any more, and why. */
export function givenUp(plan: Plan, history: History): Map<number, string> {
  const nodes = new Map<number, string>();
  for (const [node, { id }] of plan.nodes.entries()) {
    const begun = history.get(id)?.begun ?? 0;
    if (begun >= MOST_INTERRUPTIONS) {
      nodes.set(
        node,
        `the process ended ${begun} times while this node ran: find out what ends it (memory, a crash in native code), then retry the run`,
      );
    }
  }
  return nodes;
}
