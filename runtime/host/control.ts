/**
 * Words of shared memory between the kernel and one host. Stopping is cooperative: a thread that is ended while it is
 * inside native code aborts the whole process, so the kernel raises a word, the host sees it between two native calls,
 * and the kernel ends the thread only when no native call is under way and none can begin.
 */
import { CONTROL_SLOTS } from '../defaults.js';
import { RuntimeError } from '../errors.js';

// The first two are known to thread.cjs as well.
const CLOSING = 0;
const IN_NATIVE = 1;
const OPEN_RESOURCES = 2;
const PLACES = 3;
const OWNS_GPU = 4;
const FIRST_SLOT = 5;

export class Control {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(4 * (FIRST_SLOT + CONTROL_SLOTS))) {
    this.memory = memory;
    this.#words = new Int32Array(memory);
  }

  /** From now on no native call begins on this host. */
  close(): void {
    Atomics.store(this.#words, CLOSING, 1);
    Atomics.notify(this.#words, CLOSING);
  }

  get closing(): boolean {
    return Atomics.load(this.#words, CLOSING) === 1;
  }

  /** Resolves when the host is told to close, even if the kernel's thread is blocked in its exit handler by then. */
  async whenClosing(): Promise<void> {
    const waiting = Atomics.waitAsync(this.#words, CLOSING, 0);
    if (waiting.async) await waiting.value;
  }

  requestStop(slot: number): void {
    Atomics.store(this.#words, FIRST_SLOT + slot, 1);
  }

  clearStop(slot: number): void {
    Atomics.store(this.#words, FIRST_SLOT + slot, 0);
  }

  stopRequested(slot: number): boolean {
    return Atomics.load(this.#words, FIRST_SLOT + slot) === 1;
  }

  /**
   * Announces a native call. False when the host is closing: then it must not be made. The order matters: first announce,
   * then look at the word; {@link close} first raises the word, then looks at the count. One of the two sees the other.
   */
  enterNative(): boolean {
    Atomics.add(this.#words, IN_NATIVE, 1);
    if (!this.closing) return true;
    this.leaveNative();
    return false;
  }

  /** Announces a native call that frees something: made while closing too, because the kernel waits for it. */
  announceNative(): void {
    Atomics.add(this.#words, IN_NATIVE, 1);
  }

  /** Does something during which the thread must not be ended. @throws RuntimeError `stopped` when the host is closing */
  async whileHeld<T>(work: () => T | Promise<T>): Promise<T> {
    if (!this.enterNative())
      throw new RuntimeError('stopped', 'the runtime is closing: no further native call is made');
    try {
      return await work();
    } finally {
      this.leaveNative();
    }
  }

  leaveNative(): void {
    Atomics.sub(this.#words, IN_NATIVE, 1);
    Atomics.notify(this.#words, IN_NATIVE);
  }

  /** A resource that must be closed on its own thread before the thread may end, for instance a listening socket. */
  openResource(): void {
    Atomics.add(this.#words, OPEN_RESOURCES, 1);
  }

  closeResource(): void {
    Atomics.sub(this.#words, OPEN_RESOURCES, 1);
    Atomics.notify(this.#words, OPEN_RESOURCES);
  }

  /** Places in the thread budget that this host holds: what the kernel gives back for a thread that died with them. */
  get places(): number {
    return Atomics.load(this.#words, PLACES);
  }

  countPlace(change: 1 | -1): void {
    Atomics.add(this.#words, PLACES, change);
  }

  /** Makes this host the one that may use the GPU: two threads that compute on it at once crash the process. */
  ownGpu(): void {
    Atomics.store(this.#words, OWNS_GPU, 1);
  }

  get ownsGpu(): boolean {
    return Atomics.load(this.#words, OWNS_GPU) === 1;
  }

  /** Whether the thread may be ended without aborting the process. */
  get mayEnd(): boolean {
    return Atomics.load(this.#words, IN_NATIVE) === 0 && Atomics.load(this.#words, OPEN_RESOURCES) === 0;
  }

  /** Blocks this thread until the host may be ended, or for `timeout` ms. For the exit handler, where nothing can await. */
  waitUntilMayEnd(timeout: number): boolean {
    const deadline = Date.now() + timeout;
    // A resource may be closed by a native call: only both at once are an end.
    while (!this.mayEnd) {
      const word = Atomics.load(this.#words, IN_NATIVE) > 0 ? IN_NATIVE : OPEN_RESOURCES;
      for (;;) {
        const count = Atomics.load(this.#words, word);
        const left = deadline - Date.now();
        if (count === 0) break;
        if (left <= 0) return false;
        Atomics.wait(this.#words, word, count, Math.min(left, 50));
      }
    }
    return true;
  }
}
