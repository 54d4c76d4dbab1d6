/** What is known of a run while it goes on, learnt from its events alone. */
import type { WireEvent } from '../../actors/runtime-types.js';
import { isFinal, type NodeStatus, STATUSES } from '../../actors/workflow/index.js';
import { numberOf, objectOf, textOf } from './json-value.js';
import { type Epoch, TrainingProgress } from './training-progress.js';

export interface NodeProgress {
  readonly id: string;
  readonly type: string;
  status: NodeStatus;
  /** 0..100 */
  percent: number;
  /** Milliseconds on the viewer's clock when its start was heard of. */
  startedAt: number | undefined;
  /** Seconds; once it has ended. */
  duration: number | undefined;
  error: string | undefined;
  /** Once it has told of an epoch or a batch. */
  training: TrainingProgress | undefined;
}

/** What an event changed. */
export type RunChange =
  | { readonly kind: 'started' | 'ended' | 'progressed'; readonly node: NodeProgress }
  | { readonly kind: 'epoch'; readonly node: NodeProgress; readonly epoch: Epoch }
  | undefined;

export class RunProgress {
  readonly #nodes = new Map<string, NodeProgress>();
  readonly #types: ReadonlyMap<string, string>;
  readonly #running = new Set<NodeProgress>();
  total: number | undefined;
  ended = 0;

  /** @param types type of each node by its id, which events do not tell */
  constructor(types: ReadonlyMap<string, string>) {
    this.#types = types;
  }

  /** Those that run now, longest first. */
  get running(): readonly NodeProgress[] {
    return [...this.#running];
  }

  /** @param now milliseconds on the viewer's clock */
  take(event: WireEvent, now: number): RunChange {
    if (event.type === 'workflow_started') {
      this.total = numberOf(event['total_nodes']);
      return undefined;
    }
    const id = textOf(event['node_id']);
    if (id === undefined) return undefined;
    if (event.type === 'node_progress') return this.#progressed(this.#node(id), event, now);
    return event.type === 'node_event' ? this.#told(this.#node(id), event) : undefined;
  }

  #node(id: string): NodeProgress {
    const known = this.#nodes.get(id);
    if (known !== undefined) return known;
    const node: NodeProgress = {
      id,
      type: this.#types.get(id) ?? '',
      status: 'pending',
      percent: 0,
      startedAt: undefined,
      duration: undefined,
      error: undefined,
      training: undefined,
    };
    this.#nodes.set(id, node);
    return node;
  }

  #progressed(node: NodeProgress, event: WireEvent, now: number): RunChange {
    const status = STATUSES.find((known) => known === event['status']);
    if (status === undefined || isFinal(node.status)) return undefined;
    const began = node.status === 'pending' && status === 'running';
    node.status = status;
    node.percent = numberOf(event['progress']) ?? node.percent;
    if (began) {
      node.startedAt = now;
      this.#running.add(node);
      return { kind: 'started', node };
    }
    if (!isFinal(status)) return { kind: 'progressed', node };
    const { duration, error } = objectOf(event['execution']);
    node.duration = numberOf(duration);
    node.error = textOf(error);
    this.#running.delete(node);
    this.ended += 1;
    return { kind: 'ended', node };
  }

  #told(node: NodeProgress, event: WireEvent): RunChange {
    const what = textOf(event['event']);
    if (what !== 'batch_progress' && what !== 'epoch_completed') return undefined;
    node.training ??= new TrainingProgress();
    const epoch = node.training.take(what, event);
    node.percent = Math.max(node.percent, node.training.percent);
    return epoch === undefined ? { kind: 'progressed', node } : { kind: 'epoch', node, epoch };
  }
}
