/** The actors of one thread, and the way from them to the actors of the others. */
import type { MessagePort } from 'node:worker_threads';
import { ASK_TIMEOUT_MS, TURN_BUDGET_MS } from '../defaults.js';
import type { ThreadBudget } from '../device/threads.js';
import { type Failure, fromFailure, RuntimeError, toFailure } from '../errors.js';
import type { Control } from '../host/control.js';
import type { Wire } from '../messages.js';
import { type Address, addressKey, FIRST_ORDERED_ACTOR, KERNEL_HOST } from './address.js';
import type { Transferable } from './behaviour.js';
import { type AnyBehaviour, Cell, type CellOptions } from './cell.js';
import { Link } from './link.js';
import type { ActorRef, AskOptions } from './ref.js';

export interface SystemOptions {
  readonly host: number;
  readonly control: Control;
  readonly budget: ThreadBudget;
  /** Asks for a port to a host that this thread has none to yet. */
  readonly connect: (host: number) => void;
  readonly now?: () => number;
  /** Told of every message that found nobody. */
  readonly onDeadLetter?: (wire: Wire) => void;
  /** Told when an actor of this thread has ended. */
  readonly onEnded?: (actor: number, failure: Failure | undefined) => void;
}

interface PendingCall {
  readonly host: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly release: () => void;
}

export class ActorSystem {
  readonly host: number;
  readonly control: Control;
  readonly budget: ThreadBudget;
  readonly #options: SystemOptions;
  readonly #cells = new Map<number, Cell>();
  readonly #links = new Map<number, Link>();
  readonly #unreachable = new Set<number>();
  readonly #calls = new Map<number, PendingCall>();
  /** Actors of other threads that actors of this one watch: their ends must be told even if their thread cannot any more. */
  readonly #watched = new Map<string, { target: Address; watcher: Address }>();
  readonly #endings = new Map<number, (() => void)[]>();
  readonly #early = new Map<number, Wire[]>();
  #nextOrdered = FIRST_ORDERED_ACTOR;
  #ready: Cell[] = [];
  #scheduled = false;
  #nextActor = 1;
  #nextCall = 1;

  constructor(options: SystemOptions) {
    this.#options = options;
    this.host = options.host;
    this.control = options.control;
    this.budget = options.budget;
  }

  get actorCount(): number {
    return this.#cells.size;
  }

  now(): number {
    return this.#options.now?.() ?? Date.now();
  }

  spawn(behaviour: AnyBehaviour, init: unknown, options: Partial<CellOptions> = {}): ActorRef<unknown> {
    return this.spawnCell(behaviour, init, options).self;
  }

  spawnCell(behaviour: AnyBehaviour | Promise<AnyBehaviour>, init: unknown, options: Partial<CellOptions> = {}): Cell {
    const actor = options.actor ?? this.#nextActor++;
    const cell = new Cell(this, { ...options, actor, behaviour });
    this.#cells.set(actor, cell);
    cell.launch(init);
    if (actor >= this.#nextOrdered) this.#nextOrdered = actor + 1;
    const early = this.#early.get(actor);
    this.#early.delete(actor);
    for (const wire of early ?? []) this.deliver(wire);
    return cell;
  }

  ref<M>(address: Address): ActorRef<M> {
    const { host, actor } = address;
    return {
      address: { host, actor },
      tell: (message: M, transfer?: readonly Transferable[]) =>
        this.#send(host, { kind: 'message', to: actor, body: message }, transfer),
      ask: <Reply>(message: M, options?: AskOptions) => this.#ask<Reply>(address, message, options),
    };
  }

  watch(target: Address, watcher: Address): void {
    if (target.host !== this.host) this.#watched.set(`${addressKey(target)}>${watcher.actor}`, { target, watcher });
    this.#send(target.host, { kind: 'watch', to: target.actor, watcher });
  }

  /** Asks an actor to stop. Resolves at once; {@link watch} tells when it has. */
  stop(target: Address): void {
    this.#send(target.host, { kind: 'stop', to: target.actor });
  }

  /** Stops an actor of this thread, and resolves when it has ended. */
  stopLocal(actor: number): Promise<void> {
    const cell = this.#cells.get(actor);
    if (!cell) return Promise.resolve();
    return new Promise((resolve) => {
      this.#endings.set(actor, [...(this.#endings.get(actor) ?? []), resolve]);
      cell.stop();
    });
  }

  /** Stops every actor of this thread, the youngest first. */
  async stopAll(): Promise<void> {
    for (const actor of [...this.#cells.keys()].reverse()) await this.stopLocal(actor);
  }

  /** Opens the way to another thread. */
  link(host: number, port: MessagePort): void {
    this.#linkTo(host).open(port, (batch) => {
      for (const wire of batch) this.deliver(wire);
    });
  }

  /** A thread is gone, or never was: once all that it sent has come, whoever waits for it is told. */
  unlink(host: number): void {
    this.#unreachable.add(host);
    const link = this.#links.get(host);
    if (link) link.whenDrained(() => this.#forget(host, link));
    else this.#forget(host);
  }

  #forget(host: number, link?: Link): void {
    this.#links.delete(host);
    const error = new RuntimeError('host_gone', `the thread ${host} has ended`);
    for (const wire of link?.takeUnsent() ?? []) this.#undeliverable(host, wire, error);
    link?.close();
    for (const { target, watcher } of [...this.#watched.values()]) {
      if (target.host === host)
        this.deliver({ kind: 'terminated', to: watcher.actor, actor: target, failure: toFailure(error) });
    }
    for (const [call, pending] of this.#calls) if (pending.host === host) this.#settle(call, undefined, error);
  }

  /** Sends every thread what waits for the end of the turn. */
  flush(): void {
    for (const link of this.#links.values()) link.flush();
  }

  closeLinks(): void {
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
  }

  /** Handles one message that came for this thread. */
  deliver(wire: Wire): void {
    switch (wire.kind) {
      case 'message':
      case 'terminated': {
        if (
          wire.kind === 'terminated' &&
          wire.actor.host !== this.host &&
          !this.#watched.delete(`${addressKey(wire.actor)}>${wire.to}`)
        )
          return;
        const cell = this.#cells.get(wire.to);
        if (!cell && this.#holdEarly(wire)) return;
        const outcome = cell?.accept(wire) ?? 'ended';
        if (outcome === 'taken') return;
        if (wire.kind === 'message' && wire.call !== undefined) {
          const error =
            cell && outcome === 'full'
              ? new RuntimeError(
                  'mailbox_full',
                  `the mailbox of actor ${this.host}.${wire.to} is full (${cell.mailboxSize} messages wait)`,
                )
              : new RuntimeError('actor_gone', `there is no actor ${this.host}.${wire.to}`);
          this.answer({ from: wire.from!, call: wire.call }, { failure: toFailure(error) });
        } else this.deadLetter(wire);
        return;
      }
      case 'reply':
        return this.#settle(wire.call, wire.body);
      case 'refusal':
        return this.#settle(wire.call, undefined, fromFailure(wire.failure));
      case 'watch': {
        const cell = this.#cells.get(wire.to);
        if (cell) cell.watchers.push(wire.watcher);
        else if (!this.#holdEarly(wire))
          this.#send(wire.watcher.host, {
            kind: 'terminated',
            to: wire.watcher.actor,
            actor: { host: this.host, actor: wire.to },
          });
        return;
      }
      case 'stop': {
        const cell = this.#cells.get(wire.to);
        if (cell) cell.stop();
        else this.#holdEarly(wire);
        return;
      }
    }
  }

  answer(
    to: { from: number; call: number },
    answer: { value: unknown } | { failure: Failure },
    transfer?: readonly Transferable[],
  ): void {
    const wire: Wire =
      'failure' in answer
        ? { kind: 'refusal', call: to.call, failure: answer.failure }
        : { kind: 'reply', call: to.call, body: answer.value };
    this.#send(to.from, wire, transfer);
  }

  deadLetter(wire: Wire): void {
    this.#options.onDeadLetter?.(wire);
  }

  schedule(cell: Cell): void {
    this.#ready.push(cell);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#drain());
  }

  /** Called by a cell when it is over. */
  ended(cell: Cell, failure: Failure | undefined): void {
    const { actor } = cell.address;
    this.#cells.delete(actor);
    for (const watcher of cell.watchers) {
      this.#send(watcher.host, {
        kind: 'terminated',
        to: watcher.actor,
        actor: cell.address,
        ...(failure ? { failure } : {}),
      });
    }
    this.#options.onEnded?.(actor, failure);
    for (const resolve of this.#endings.get(actor) ?? []) resolve();
    this.#endings.delete(actor);
  }

  /**
   * Ports are queues of their own, so a message can overtake the order to start the actor that it is for. The kernel numbers
   * its actors in sequence: a number that has not been yet is one that will come.
   */
  #holdEarly(wire: Exclude<Wire, { kind: 'reply' | 'refusal' }>): boolean {
    if (wire.to < this.#nextOrdered) return false;
    const held = this.#early.get(wire.to);
    if (held) held.push(wire);
    else this.#early.set(wire.to, [wire]);
    return true;
  }

  #drain(): void {
    const end = performance.now() + TURN_BUDGET_MS;
    const isOver = (): boolean => performance.now() > end;
    while (this.#ready.length > 0) {
      const batch = this.#ready;
      this.#ready = [];
      for (let index = 0; index < batch.length; index++) {
        batch[index]!.turn(isOver);
        if (isOver()) {
          this.#ready = batch.slice(index + 1).concat(this.#ready);
          // The thread's ports and timers get their turn before the actors go on.
          if (this.#ready.length > 0) setImmediate(() => this.#drain());
          else this.#scheduled = false;
          return;
        }
      }
    }
    this.#scheduled = false;
  }

  #send(host: number, wire: Wire, transfer?: readonly Transferable[]): void {
    if (host === this.host) return this.deliver(wire);
    if (this.#unreachable.has(host))
      return this.#undeliverable(host, wire, new RuntimeError('host_gone', `the thread ${host} is gone`));
    if (!this.#links.has(host) && host !== KERNEL_HOST) this.#options.connect(host);
    this.#linkTo(host).send(wire, transfer);
  }

  #linkTo(host: number): Link {
    let link = this.#links.get(host);
    if (!link) {
      link = new Link((wire, error) => this.#undeliverable(host, wire, error));
      this.#links.set(host, link);
    }
    return link;
  }

  #ask<Reply>(target: Address, message: unknown, options: AskOptions = {}): Promise<Reply> {
    const { timeout = ASK_TIMEOUT_MS, signal, transfer } = options;
    return new Promise<Reply>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const call = this.#nextCall++;
      const onAbort = (): void => this.#settle(call, undefined, signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      const timer = Number.isFinite(timeout)
        ? setTimeout(
            () => this.#settle(call, undefined, new RuntimeError('ask_timeout', `no answer within ${timeout} ms`)),
            timeout,
          )
        : undefined;
      const release = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      this.#calls.set(call, { host: target.host, resolve: resolve as (value: unknown) => void, reject, release });
      this.#send(target.host, { kind: 'message', to: target.actor, body: message, call, from: this.host }, transfer);
    });
  }

  #settle(call: number, value: unknown, error?: unknown): void {
    const pending = this.#calls.get(call);
    if (!pending) return;
    this.#calls.delete(call);
    pending.release();
    if (error === undefined) pending.resolve(value);
    else pending.reject(error);
  }

  /** A message to `host` that cannot be sent: whoever would wait for its effect is told. */
  #undeliverable(host: number, wire: Wire, error: unknown): void {
    if (wire.kind === 'message' && wire.call !== undefined) this.#settle(wire.call, undefined, error);
    else if (wire.kind === 'reply' && !this.#unreachable.has(host))
      this.#send(host, { kind: 'refusal', call: wire.call, failure: toFailure(error) });
    else if (wire.kind === 'watch')
      this.deliver({
        kind: 'terminated',
        to: wire.watcher.actor,
        actor: { host, actor: wire.to },
        failure: toFailure(error),
      });
    else this.deadLetter(wire);
  }
}
