/**
 * Two words of shared memory between a run and its agent on a thread: which node's code is on the stack, and which node is to stop. The first tells
 * who took a thread with it; the second is seen by a loop that never lets a message through.
 */

const CURRENT = 0;
const STOP = 1;

export class Words {
  readonly #words: Int32Array | undefined;

  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
  }

  constructor(memory: SharedArrayBuffer | undefined) {
    this.#words = memory && new Int32Array(memory);
  }

  enter(node: number): void {
    if (this.#words) Atomics.store(this.#words, CURRENT, node + 1);
  }

  leave(): void {
    if (this.#words) Atomics.store(this.#words, CURRENT, 0);
  }

  /** The node whose code is on the stack, or was when the thread died. */
  get current(): number | undefined {
    const word = this.#words ? Atomics.load(this.#words, CURRENT) : 0;
    return word === 0 ? undefined : word - 1;
  }

  /** Asks one node to stop. A later one takes its place: only one can be on the stack, and the others get a message. */
  askToStop(node: number): void {
    if (this.#words) Atomics.store(this.#words, STOP, node + 1);
  }

  mustStop(node: number): boolean {
    return this.#words !== undefined && Atomics.load(this.#words, STOP) === node + 1;
  }

  /** The node has ended, or has been told otherwise. */
  forget(node: number): void {
    if (this.#words) Atomics.compareExchange(this.#words, STOP, node + 1, 0);
  }
}
