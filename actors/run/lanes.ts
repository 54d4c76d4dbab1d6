/** The threads that a run uses: one lane a thread, with what it was given and has not ended. */
import type { Kernel, Placement, Provider, Spawned } from '../../runtime/index.js';
import { Words } from './host/words.js';
import type { AgentInit, AgentMessage, Batch } from './messages.js';
import { adapted, FIRST_WINDOW, type Window } from './window.js';

export interface Lane {
  readonly id: number;
  readonly actor: Spawned<AgentMessage>;
  readonly words: Words;
  /** The shared thread it is on; absent for a thread of its own. */
  readonly host: number | undefined;
  /** Nodes it was given that have not ended. */
  readonly nodes: Set<number>;
  /** Chains of nodes that it was given and has not come to the end of. */
  chains: number;
  window: Window;
}

/** A shared thread, and how many more chains it may be given. */
export interface Room {
  readonly host: number;
  readonly chains: number;
}

export interface LaneSurroundings {
  readonly kernel: Kernel;
  readonly hostEntry: string;
  /** What every agent of the run is started with, but for its lane. */
  readonly init: Omit<AgentInit, 'lane' | 'words' | 'once' | 'provider'>;
  /** Told of every agent that is made. */
  readonly watch: (lane: Lane) => void;
}

export class Lanes {
  readonly #around: LaneSurroundings;
  readonly #all = new Map<number, Lane>();
  readonly #shared = new Map<number, Lane>();
  #next = 1;

  constructor(around: LaneSurroundings) {
    this.#around = around;
  }

  get all(): Iterable<Lane> {
    return this.#all.values();
  }

  find(lane: number): Lane | undefined {
    return this.#all.get(lane);
  }

  /** The shared threads that may be given more now, the emptiest first. */
  rooms(): Room[] {
    const rooms: Room[] = [];
    for (const { id } of this.#around.kernel.sharedHosts()) {
      const lane = this.#shared.get(id);
      const chains = (lane?.window ?? FIRST_WINDOW).size - (lane?.chains ?? 0);
      if (chains > 0) rooms.push({ host: id, chains });
    }
    return rooms.sort((a, b) => b.chains - a.chains);
  }

  /** The lane of this run on a shared thread. @throws RuntimeError `host_gone` when the thread is gone */
  on(host: number): Lane {
    const known = this.#shared.get(host);
    if (known) return known;
    const lane = this.#make(host, 'cpu', false, (source, init) =>
      this.#around.kernel.spawnOn<AgentMessage>(host, source, init),
    );
    this.#shared.set(host, lane);
    return lane;
  }

  /** A lane on a thread of its own, for one batch. @throws RuntimeError when no thread can be had */
  own(placement: Placement, provider: Provider): Lane {
    return this.#make(undefined, provider, true, (source, init) =>
      this.#around.kernel.spawn<AgentMessage>(source, init, placement),
    );
  }

  give(lane: Lane, batch: Batch, chains: number): void {
    for (const node of batch.nodes) lane.nodes.add(node);
    lane.chains += chains;
    lane.actor.ref.tell(batch);
  }

  adapt(lane: Lane, ended: number, busy: number): void {
    lane.window = adapted(lane.window, ended, busy);
  }

  forget(lane: Lane): void {
    this.#all.delete(lane.id);
    if (lane.host !== undefined && this.#shared.get(lane.host) === lane) this.#shared.delete(lane.host);
  }

  #make(
    host: number | undefined,
    provider: Provider,
    once: boolean,
    spawn: (source: { module: string; name: string }, init: AgentInit) => Spawned<AgentMessage>,
  ): Lane {
    const { hostEntry, init, watch } = this.#around;
    const id = this.#next++;
    const words = Words.memory();
    const actor = spawn({ module: hostEntry, name: 'runAgent' }, { ...init, lane: id, words, once, provider });
    const lane: Lane = {
      id,
      actor,
      words: new Words(words),
      host,
      nodes: new Set(),
      chains: 0,
      window: FIRST_WINDOW,
    };
    this.#all.set(id, lane);
    watch(lane);
    return lane;
  }
}
