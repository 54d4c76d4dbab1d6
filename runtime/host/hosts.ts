/** The threads of a kernel: actor hosts in one Piscina pool, each an endless task with a port and words of shared memory. */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { FIRST_ORDERED_ACTOR } from '../actor/address.js';
import { CONTROL_SLOTS } from '../defaults.js';
import type { ThreadBudget } from '../device/threads.js';
import { type Failure, RuntimeError } from '../errors.js';
import type { HostCommand, HostReport } from '../messages.js';
import { Control } from './control.js';

/** More threads than any machine needs: the kernel decides how many there are, never the pool. */
const POOL_LIMIT = 1024;

/** Threads that no host needs any more are ended after this many ms. */
const IDLE_THREAD_MS = 30_000;

export interface HostEvents {
  started(host: Host, actor: number): void;
  ended(host: Host, actor: number, failure: Failure | undefined): void;
  /** The host wants a port to another one. */
  connect(host: Host, to: number): void;
  /** The thread is back in the pool, or dead. */
  gone(host: Host, failure: unknown): void;
}

export class Host {
  readonly id: number;
  readonly control: Control;
  readonly ready: Promise<void>;
  /** Resolves when the thread is back; never rejects. */
  readonly gone: Promise<void>;
  readonly actors = new Set<number>();
  readonly #port: MessagePort;
  #nextSlot = 0;
  #freeSlots: number[] = [];
  readonly #slots = new Map<number, number>();
  #nextActor = FIRST_ORDERED_ACTOR;

  readonly #abort: AbortController;

  constructor(
    id: number,
    control: Control,
    port: MessagePort,
    ready: Promise<void>,
    gone: Promise<void>,
    abort: AbortController,
  ) {
    this.#abort = abort;
    this.id = id;
    this.control = control;
    this.#port = port;
    this.ready = ready;
    this.gone = gone;
  }

  command(command: HostCommand, transfer: readonly MessagePort[] = []): void {
    this.#port.postMessage(command, transfer as never);
  }

  /** A number and a word of shared memory for a new actor. Numbers given by the host itself are far below. */
  admit(): { actor: number; slot: number } {
    if (this.#freeSlots.length === 0 && this.#nextSlot === CONTROL_SLOTS) {
      throw new RuntimeError('host_gone', `the thread ${this.id} already carries ${CONTROL_SLOTS} actors`);
    }
    const actor = this.#nextActor++;
    const slot = this.#freeSlots.pop() ?? this.#nextSlot++;
    this.control.clearStop(slot);
    this.#slots.set(actor, slot);
    this.actors.add(actor);
    return { actor, slot };
  }

  release(actor: number): void {
    const slot = this.#slots.get(actor);
    if (slot !== undefined) this.#freeSlots.push(slot);
    this.#slots.delete(actor);
    this.actors.delete(actor);
  }

  /**
   * Ends the thread by force, for one that does not come back. False when it is inside native code at this moment: to end
   * it there would abort the process, so the caller waits and tries again. No native call begins any more after this.
   */
  terminate(): boolean {
    this.control.close();
    if (!this.control.mayEnd) return false;
    this.#abort.abort();
    return true;
  }

  /** Raises the actor's word in shared memory. */
  requestStop(actor: number): void {
    const slot = this.#slots.get(actor);
    if (slot !== undefined) this.control.requestStop(slot);
  }
}

export class Hosts {
  readonly all = new Map<number, Host>();
  /** By niceness: an unprivileged thread can lower its priority and never raise it again, so it must not be used for both. */
  readonly #pools = new Map<number, Piscina>();
  readonly #entry: URL;
  readonly #budget: ThreadBudget;
  readonly #events: HostEvents;
  #nextHost = 1;

  constructor(entry: URL, budget: ThreadBudget, events: HostEvents) {
    this.#budget = budget;
    this.#events = events;
    this.#entry = entry;
  }

  #poolOf(niceness: number): Piscina {
    const known = this.#pools.get(niceness);
    if (known) return known;
    const pool = new Piscina({
      filename: new URL('./thread.cjs', this.#entry).href,
      // A thread is made for a host and for nothing else: one that the pool keeps ready could not be ended safely.
      minThreads: 0,
      maxThreads: POOL_LIMIT,
      idleTimeout: IDLE_THREAD_MS,
      recordTiming: false,
      // An idle thread that waits in Atomics.wait turns no event loop: the port that its host closed would never close here.
      atomics: 'disabled',
    });
    // Every task's own promise tells of its failure; the pool's event would end the process.
    pool.on('error', () => undefined);
    this.#pools.set(niceness, pool);
    return pool;
  }

  open(niceness: number): Host {
    const id = this.#nextHost++;
    const control = new Control();
    const { port1, port2 } = new MessageChannel();
    let host: Host;
    let markReady: () => void;
    let markFailed: (error: unknown) => void;
    const ready = new Promise<void>((resolve, reject) => {
      markReady = resolve;
      markFailed = reject;
    });
    ready.catch(() => undefined);
    port1.on('message', (message: HostReport) => {
      switch (message.kind) {
        case 'ready':
          return markReady();
        case 'started':
          return this.#events.started(host, message.actor);
        case 'ended':
          host.release(message.actor);
          return this.#events.ended(host, message.actor, message.failure);
        case 'connect':
          return this.#events.connect(host, message.host);
      }
    });
    const abort = new AbortController();
    const task = { host: id, port: port2, control: control.memory, budget: this.#budget.memory, niceness };
    // What the host reported before it ended is still on its way: the port closes after the last of it.
    const drained = new Promise<void>((resolve) => port1.once('close', resolve));
    const ended = this.#poolOf(niceness)
      .run({ entry: this.#entry.href, task }, { transferList: [port2] as never, signal: abort.signal })
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    // A task that was aborted before a thread took it never handed the port over: nobody else closes it.
    void ended.then(() => port2.close());
    const gone = Promise.all([ended, drained]).then(([error]) => {
      markFailed(error ?? new RuntimeError('host_gone', `the thread ${id} has ended`));
      this.all.delete(id);
      this.#events.gone(host, error);
    });
    host = new Host(id, control, port1, ready, gone, abort);
    this.all.set(id, host);
    return host;
  }

  /** Ends the idle threads. Only when no host is open any more, or none that could abort the process. */
  async destroy(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }
}
