/** How many threads a session gets: the cores of the machine, shared by the sessions that compute at the moment. */
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

  /** Sessions that compute now. */
  get active(): number {
    return Atomics.load(this.#active, 0);
  }

  /** Counts one more session, and gives the number of threads it should use: `max(1, cores / active sessions)`. */
  enter(): number {
    const active = Atomics.add(this.#active, 0, 1) + 1;
    return Math.max(1, Math.floor(this.cores / active));
  }

  leave(sessions = 1): void {
    Atomics.sub(this.#active, 0, sessions);
  }
}
