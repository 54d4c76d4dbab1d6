/** What the log says of a run's nodes: where a run that was interrupted, or is retried, goes on from. */
import type { EventLog, Store } from '../../runtime/index.js';
import type { ArtefactStore } from '../values/artefact-store.js';
import type { Described } from '../values/describe.js';
import { unpack } from '../values/pack.js';
import type { NodeExecution, Plan } from '../workflow/index.js';
import type { Kept } from './run-init.js';

const PAGE = 1000;

/** How a node stood when the log ended. */
export interface NodeHistory {
  readonly execution: NodeExecution;
  /** How often it had begun, since it last ended: each time the process ended before it did. */
  readonly begun: number;
}

/** By the node's id; none for a node of which nothing was told. */
export type History = ReadonlyMap<string, NodeHistory>;

export async function historyOf(log: EventLog, runId: string): Promise<History> {
  const history = new Map<string, NodeHistory>();
  let last = 0;
  for (;;) {
    const events = await log.read(runId, last, PAGE);
    for (const { seq, type, json } of events) {
      last = seq!;
      if (type !== 'node_progress') continue;
      const { node_id: id, execution } = JSON.parse(json) as { node_id: string; execution: NodeExecution };
      const begun = execution.status === 'running' ? (history.get(id)?.begun ?? 0) + 1 : 0;
      history.set(id, { execution, begun });
    }
    if (events.length < PAGE) return history;
  }
}

export interface Surroundings {
  readonly store: Store;
  readonly artefacts: ArtefactStore;
}

/**
 * What needs not be run again: the nodes that completed, where everything before them did too. Of large values the log has only handles; those are
 * read back from the artefact store.
 */
export async function keptOf(
  runId: string,
  plan: Plan,
  history: History,
  { store, artefacts }: Surroundings,
): Promise<Map<number, Kept>> {
  const rows = await store.query('outputs_of_run', [runId]);
  const described = new Map(rows.map((row) => [String(row['node_id']), String(row['outputs'])]));
  const kept = new Map<number, Kept>();
  for (const node of inOrder(plan)) {
    const { id, dependencies } = plan.nodes[node]!;
    const execution = history.get(id)?.execution;
    if (execution?.status !== 'completed' || !dependencies.every((dependency) => kept.has(dependency))) continue;
    try {
      const handles = described.get(id);
      const outputs = handles === undefined ? execution.outputs : readBack(handles, artefacts);
      kept.set(node, { outputs, execution });
    } catch {
      // An artefact that is gone or damaged: the node runs again.
    }
  }
  return kept;
}

function readBack(handles: string, artefacts: ArtefactStore): Record<string, unknown> {
  const ports = Object.entries(JSON.parse(handles) as Record<string, Described>);
  return Object.fromEntries(
    ports.map(([port, { json, artefact }]) => [
      port,
      artefact === undefined ? json : unpack(artefacts.get(artefact), { shared: true }),
    ]),
  );
}

/** The nodes, every one after those that it depends on. O(nodes + edges). */
function inOrder(plan: Plan): readonly number[] {
  const waiting = plan.nodes.map(({ inDegree }) => inDegree);
  const order = [...plan.nodes.keys()].filter((node) => waiting[node] === 0);
  for (const node of order) {
    for (const dependent of plan.nodes[node]!.dependents) {
      waiting[dependent]! -= 1;
      if (waiting[dependent] === 0) order.push(dependent);
    }
  }
  return order;
}
