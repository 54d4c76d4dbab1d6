/** Hands out what is ready: light nodes to the shared threads, in chains and batches; heavy ones to threads of their own. */
import type { Placement, Provider } from '../../runtime/index.js';
import type { Plan } from '../workflow/index.js';
import type { Lane, Lanes } from './lanes.js';
import type { Batch, Values } from './messages.js';

/** Nodes of one chain that a thread is given at once. */
const LONGEST_CHAIN = 1024;

export interface Dispatch {
  readonly plan: Plan;
  readonly lanes: Lanes;
  /** The node that follows each on its thread, or -1. */
  readonly next: Int32Array;
  /** Light nodes under way at once. */
  readonly concurrency: number;
  readonly inputsOf: (node: number) => Values;
  /** No thread has room for these. */
  readonly refused: (nodes: readonly number[], error: unknown) => void;
}

export class Dispatcher {
  readonly #dispatch: Dispatch;
  /** Whether each node was given to a thread and has not ended. */
  readonly #given: Uint8Array;
  #ready: number[] = [];
  #first = 0;
  #chains = 0;

  constructor(dispatch: Dispatch) {
    this.#dispatch = dispatch;
    this.#given = new Uint8Array(dispatch.plan.nodes.length);
  }

  /** A light node may start. One that a thread has been given along with the node before it is on its way already. */
  enqueue(node: number): void {
    if (this.#given[node] === 0) this.#ready.push(node);
  }

  /** Nothing that waits will start. */
  clear(): void {
    this.#ready = [];
    this.#first = 0;
  }

  /** Gives the shared threads as much as they have room for. */
  pump(): void {
    const { lanes, concurrency } = this.#dispatch;
    let waiting = this.#ready.length - this.#first;
    let room = concurrency - this.#chains;
    if (waiting === 0 || room <= 0) return;
    const rooms = lanes.rooms();
    for (const [index, { host, chains }] of rooms.entries()) {
      // An even share for each thread that is left, so that none gets all of a few.
      const share = Math.min(chains, room, Math.ceil(waiting / (rooms.length - index)));
      if (share <= 0) break;
      this.#give(host, this.#take(share));
      waiting -= share;
      room -= share;
    }
  }

  /** Gives a node to a thread of its own. */
  own(node: number, placement: Placement, provider: Provider): void {
    const { lanes, refused } = this.#dispatch;
    try {
      lanes.give(lanes.own(placement, provider), this.#batch([node], false), 0);
      this.#given[node] = 1;
    } catch (error) {
      refused([node], error);
    }
  }

  /** A node has ended on its thread. @param goesOn whether the one behind it may run there now */
  ended(lane: Lane, node: number, goesOn: boolean): void {
    lane.nodes.delete(node);
    this.#given[node] = 0;
    const next = this.#dispatch.next[node]!;
    const follows = next >= 0 && lane.nodes.has(next);
    if (follows && goesOn) return;
    if (follows)
      for (let after = next; after >= 0 && lane.nodes.delete(after); after = this.#dispatch.next[after]!)
        this.#given[after] = 0;
    if (lane.host === undefined) return;
    lane.chains -= 1;
    this.#chains -= 1;
  }

  /** A thread is gone, or is given up: what it was given and has not ended is nobody's. @returns those nodes */
  lost(lane: Lane): readonly number[] {
    const nodes = [...lane.nodes];
    for (const node of nodes) this.#given[node] = 0;
    lane.nodes.clear();
    this.#chains -= lane.chains;
    lane.chains = 0;
    this.#dispatch.lanes.forget(lane);
    return nodes;
  }

  #take(count: number): readonly number[] {
    const taken = this.#ready.slice(this.#first, this.#first + count);
    this.#first += count;
    if (this.#first >= this.#ready.length) this.clear();
    return taken;
  }

  #give(host: number, heads: readonly number[]): void {
    const { lanes, refused } = this.#dispatch;
    try {
      const batch = this.#batch(heads, true);
      lanes.give(lanes.on(host), batch, heads.length);
      for (const node of batch.nodes) this.#given[node] = 1;
      this.#chains += heads.length;
    } catch (error) {
      refused(heads, error);
    }
  }

  #batch(heads: readonly number[], inChains: boolean): Batch {
    const { plan, next, inputsOf } = this.#dispatch;
    const nodes: number[] = [];
    const ids: string[] = [];
    const types: string[] = [];
    const inputs: Values[] = [];
    const follows: (readonly string[] | null)[] = [];
    const add = (node: number, given: Values, ports: readonly string[] | null): void => {
      const { id, type } = plan.nodes[node]!;
      nodes.push(node);
      ids.push(id);
      types.push(type);
      inputs.push(given);
      follows.push(ports);
    };
    for (const head of heads) {
      add(head, inputsOf(head), null);
      if (!inChains) continue;
      let length = 1;
      for (let node = next[head]!; node >= 0 && length < LONGEST_CHAIN; node = next[node]!, length++) {
        add(node, plan.nodes[node]!.config, portsOf(plan, node));
      }
    }
    return { type: 'batch', nodes, ids, types, inputs, follows };
  }
}

/** The output port and the input port of each edge into a node, in pairs. */
function portsOf(plan: Plan, node: number): readonly string[] {
  const { incoming } = plan.nodes[node]!;
  if (incoming.length === 1) {
    const { sourcePort, targetPort } = plan.edges[incoming[0]!]!;
    return [sourcePort, targetPort];
  }
  return incoming.flatMap((index) => {
    const { sourcePort, targetPort } = plan.edges[index]!;
    return [sourcePort, targetPort];
  });
}
