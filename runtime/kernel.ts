/** The actors of a process: those on this thread, and the threads that carry the others. */
import { MessageChannel } from 'node:worker_threads';
import { KERNEL_HOST } from './actor/address.js';
import type { Behaviour, BehaviourSource } from './actor/behaviour.js';
import type { AnyBehaviour } from './actor/cell.js';
import type { ActorRef } from './actor/ref.js';
import { ActorSystem } from './actor/system.js';
import { HEAVY_NICENESS, QUARANTINE_RETRY_MS, STOP_DEADLINE_MS } from './defaults.js';
import { ThreadBudget } from './device/threads.js';
import { type Failure, fromFailure, RuntimeError, toFailure } from './errors.js';
import { Control } from './host/control.js';
import { type Host, Hosts } from './host/hosts.js';
import type { Wire } from './messages.js';

export interface KernelOptions {
  /** Module that every thread loads; its default export is `serveHost`. `thread.cjs`, which Piscina needs, lies beside it. */
  readonly entry: URL;
  /** Threads that light actors share. Each heavy one gets a thread of its own on top. */
  readonly threads: number;
  readonly onDeadLetter?: (wire: Wire) => void;
  readonly onWarning?: (message: string) => void;
}

/**
 * Where an actor runs: among others, alone on a thread that computes, alone on a thread that answers clients, or on the one
 * thread that may use the GPU, where actors take turns between their runs.
 */
export type Placement = 'shared' | 'own-heavy' | 'own-light' | 'gpu';

/** An actor on another thread. */
export interface Spawned<Message> {
  readonly ref: ActorRef<Message>;
  /** Rejects when the actor fails before its first message. */
  readonly started: Promise<void>;
  /** Resolves when the actor has ended; with its failure, if it failed. Never rejects. */
  readonly ended: Promise<Failure | undefined>;
  /** Asks the actor to stop, now, by shared memory and by message. Resolves when it has ended. */
  stop(): Promise<void>;
  /**
   * For an actor that does not come back: takes its thread out of use, with every actor on it, puts another one in its
   * place, and ends it as soon as it is outside native code.
   */
  abandon(): void;
}

interface Watch {
  readonly onStarted: () => void;
  readonly onEnded: (failure: Failure | undefined) => void;
}

export class Kernel implements AsyncDisposable {
  readonly budget = new ThreadBudget();
  readonly #system: ActorSystem;
  readonly #hosts: Hosts;
  readonly #shared: Host[] = [];
  /** Made when the first actor wants the GPU. There is never a second one beside it, not even while it is being ended. */
  #gpu: Host | undefined;
  readonly #watches = new Map<string, Watch>();
  readonly #linked = new Set<string>();
  readonly #warn: (message: string) => void;
  readonly #onExit = (): void => this.#beforeExit();
  #closed: Promise<void> | undefined;

  constructor(options: KernelOptions) {
    this.#warn = options.onWarning ?? ((message) => process.emitWarning(message));
    this.#system = new ActorSystem({
      host: KERNEL_HOST,
      control: new Control(),
      budget: this.budget,
      connect: (host) => this.#system.unlink(host),
      ...(options.onDeadLetter ? { onDeadLetter: options.onDeadLetter } : {}),
    });
    this.#hosts = new Hosts(options.entry, this.budget, {
      started: (host, actor) => this.#watches.get(`${host.id}.${actor}`)?.onStarted(),
      ended: (host, actor, failure) => this.#ended(host, actor, failure),
      connect: (host, to) => this.#connect(host, to),
      gone: (host, failure) => this.#gone(host, failure),
    });
    for (let count = 0; count < options.threads; count++) this.#shared.push(this.#open(0));
    process.on('exit', this.#onExit);
  }

  /** Threads that carry actors at the moment. */
  get threads(): number {
    return this.#hosts.all.size;
  }

  /** Starts an actor on this thread. */
  spawnHere<S, M, I>(behaviour: Behaviour<S, M, I>, init: I, options: { mailboxCapacity?: number } = {}): ActorRef<M> {
    this.#refuseWhenClosed();
    return this.#system.spawn(behaviour as unknown as AnyBehaviour, init, options) as ActorRef<M>;
  }

  /** The threads that light actors share, by their numbers. */
  sharedHosts(): readonly { readonly id: number }[] {
    return this.#shared;
  }

  /**
   * Starts an actor on another thread. The reference can be used at once: what is told to it waits for it.
   * @throws RuntimeError `host_gone` when no thread can take it, `runtime_closed` when the kernel is closed
   */
  spawn<Message>(source: BehaviourSource, init: unknown, placement: Placement): Spawned<Message> {
    this.#refuseWhenClosed();
    const own = placement === 'own-heavy' || placement === 'own-light';
    return this.#spawn(this.#hostFor(placement), source, init, own);
  }

  /**
   * Starts an actor on one of {@link sharedHosts}, as {@link spawn} does.
   * @throws RuntimeError `host_gone` when that thread is gone
   */
  spawnOn<Message>(id: number, source: BehaviourSource, init: unknown): Spawned<Message> {
    this.#refuseWhenClosed();
    const host = this.#shared.find((shared) => shared.id === id);
    if (!host) throw new RuntimeError('host_gone', `the thread ${id} is gone`);
    return this.#spawn(host, source, init, false);
  }

  #spawn<Message>(host: Host, source: BehaviourSource, init: unknown, own: boolean): Spawned<Message> {
    const { actor, slot } = host.admit();
    const key = `${host.id}.${actor}`;
    let onStarted!: () => void;
    let onFailed!: (error: unknown) => void;
    let onEnded!: (failure: Failure | undefined) => void;
    const started = new Promise<void>((resolve, reject) => {
      onStarted = resolve;
      onFailed = reject;
    });
    started.catch(() => undefined);
    const ended = new Promise<Failure | undefined>((resolve) => {
      onEnded = resolve;
    });
    this.#watches.set(key, {
      onStarted,
      onEnded: (failure) => {
        onFailed(failure ? fromFailure(failure) : new RuntimeError('actor_gone', 'the actor ended before it started'));
        if (own) host.command({ kind: 'close' });
        onEnded(failure);
      },
    });
    try {
      host.command({ kind: 'spawn', actor, slot, source, init });
    } catch (error) {
      // What it is started with cannot cross threads: nothing of it may stay.
      host.release(actor);
      this.#watches.delete(key);
      if (own) host.command({ kind: 'close' });
      throw error;
    }
    const ref = this.#system.ref<Message>({ host: host.id, actor });
    const stop = async (): Promise<void> => {
      host.requestStop(actor);
      this.#system.stop(ref.address);
      await ended;
    };
    return { ref, started, ended, stop, abandon: () => this.#quarantine(host) };
  }

  /** Stops an actor of this thread, and resolves when it has ended. */
  stopHere(ref: ActorRef<never>): Promise<void> {
    return this.#system.stopLocal(ref.address.actor);
  }

  ref<Message>(address: { host: number; actor: number }): ActorRef<Message> {
    return this.#system.ref(address);
  }

  /**
   * Stops every actor and ends every thread: the one way out. A thread that has not come back after `deadline` ms is ended
   * by force, unless it is inside native code; then the kernel says so and waits, because nothing else is safe.
   */
  close(deadline = STOP_DEADLINE_MS): Promise<void> {
    this.#closed ??= this.#close(deadline);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(deadline: number): Promise<void> {
    await this.#system.stopAll();
    const open = [...this.#hosts.all.values()];
    for (const host of open) {
      for (const actor of host.actors) host.requestStop(actor);
      host.command({ kind: 'close' });
    }
    await Promise.all(open.map((host) => this.#awaitEnd(host, deadline)));
    await this.#hosts.destroy();
    this.#system.closeLinks();
    process.off('exit', this.#onExit);
  }

  async #awaitEnd(host: Host, deadline: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), deadline);
    });
    const first = await Promise.race([host.gone, late]);
    clearTimeout(timer);
    if (first !== 'late') return;
    this.#warn(`ganglion: a thread did not stop within ${deadline} ms; it is ended by force`);
    while (!host.terminate()) {
      this.#warn('ganglion: waiting for a native call to return: ending its thread now would abort the process');
      await Promise.race([host.gone, new Promise((resolve) => setTimeout(resolve, 1000))]);
      if (!this.#hosts.all.has(host.id)) return;
    }
    await host.gone;
  }

  /** Somebody called `process.exit` or threw: nothing can be awaited here, but no thread may end inside native code. */
  #beforeExit(): void {
    const open = [...this.#hosts.all.values()];
    for (const host of open) host.control.close();
    for (const host of open) host.control.waitUntilMayEnd(STOP_DEADLINE_MS);
  }

  #quarantine(host: Host): void {
    if (!this.#hosts.all.has(host.id)) return;
    const index = this.#shared.indexOf(host);
    if (index >= 0 && !this.#closed) this.#shared[index] = this.#open(0);
    this.#warn('ganglion: a thread does not come back; another one takes its place, and it is ended by force');
    const tryToEnd = (): void => {
      if (this.#hosts.all.has(host.id) && !host.terminate()) setTimeout(tryToEnd, QUARANTINE_RETRY_MS);
    };
    tryToEnd();
  }

  #open(niceness: number): Host {
    const host = this.#hosts.open(niceness);
    const { port1, port2 } = new MessageChannel();
    this.#system.link(host.id, port1);
    host.command({ kind: 'link', host: KERNEL_HOST, port: port2 }, [port2]);
    return host;
  }

  #hostFor(placement: Placement): Host {
    switch (placement) {
      case 'shared':
        return this.#leastLoaded();
      case 'own-heavy':
        return this.#open(HEAVY_NICENESS);
      case 'own-light':
        return this.#open(0);
      case 'gpu':
        return this.#gpuHost();
    }
  }

  #gpuHost(): Host {
    if (this.#gpu?.control.closing) {
      throw new RuntimeError(
        'host_gone',
        'the thread of the GPU is being ended, because an actor on it did not come back: try again when it has ended',
      );
    }
    if (!this.#gpu) {
      this.#gpu = this.#open(HEAVY_NICENESS);
      this.#gpu.control.ownGpu();
    }
    return this.#gpu;
  }

  #leastLoaded(): Host {
    let best = this.#shared[0];
    for (const host of this.#shared) if (best && host.actors.size < best.actors.size) best = host;
    if (!best) throw new RuntimeError('host_gone', 'no thread is left to run an actor on');
    return best;
  }

  #ended(host: Host, actor: number, failure: Failure | undefined): void {
    const key = `${host.id}.${actor}`;
    const watch = this.#watches.get(key);
    this.#watches.delete(key);
    watch?.onEnded(failure);
  }

  /** Gives two hosts a direct port to each other. */
  #connect(from: Host, to: number): void {
    const target = this.#hosts.all.get(to);
    if (!target) return from.command({ kind: 'unreachable', host: to });
    const pair = [from.id, to].sort((a, b) => a - b).join('-');
    // Both may have asked at the same moment: one port is enough.
    if (this.#linked.has(pair)) return;
    this.#linked.add(pair);
    const { port1, port2 } = new MessageChannel();
    from.command({ kind: 'link', host: to, port: port1 }, [port1]);
    target.command({ kind: 'link', host: from.id, port: port2 }, [port2]);
  }

  #gone(host: Host, failure: unknown): void {
    const reason = failure
      ? toFailure(
          new RuntimeError('host_gone', `the thread of this actor died: ${toFailure(failure).message}`, {
            cause: failure,
          }),
        )
      : undefined;
    for (const actor of [...host.actors]) {
      host.release(actor);
      this.#ended(host, actor, reason);
    }
    // A thread that died took its sessions with it.
    this.budget.leave(host.control.places);
    this.#system.unlink(host.id);
    for (const other of this.#hosts.all.values()) {
      if (this.#linked.delete([host.id, other.id].sort((a, b) => a - b).join('-')))
        other.command({ kind: 'unreachable', host: host.id });
    }
    if (host === this.#gpu) this.#gpu = undefined;
    const index = this.#shared.indexOf(host);
    if (index >= 0) {
      this.#shared.splice(index, 1);
      if (!this.#closed) this.#shared.push(this.#open(0));
    }
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw new RuntimeError('runtime_closed', 'the runtime is closed: start nothing on it any more');
  }
}
