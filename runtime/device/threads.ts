/** How many threads a session gets: the cores of the machine, shared by the actors that have sessions. Those of one actor take turns. */
import { availableParallelism } from 'node:os';

export class ThreadBudget {
  readonly memory: SharedArrayBuffer;
  readonly #active: Int32Array;
  readonly cores: number;

  /** All hosts of one kernel count in the same word of shared memory. */
  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(4), cores: number = availableParallelism()) {
    this.memory = memory;
    this.#active = new Int32Array(memory);
    this.cores = cores;
  }

  /** Actors that have sessions now. */
  get active(): number {
    return Atomics.load(this.#active, 0);
  }

  /** The threads of one more session of an actor that is counted: `max(1, cores / active actors)`. */
  get share(): number {
    return Math.max(1, Math.floor(this.cores / Math.max(1, this.active)));
  }

  /** Counts one more actor, and gives the threads of its first session. */
  enter(): number {
    Atomics.add(this.#active, 0, 1);
    return this.share;
  }

  leave(actors = 1): void {
    Atomics.sub(this.#active, 0, actors);
  }
}
