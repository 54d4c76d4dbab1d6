/** One running actor: its state, its mailbox, and the turn in which it handles a message. */
import { MAILBOX_CAPACITY } from '../defaults.js';
import { type Failure, RuntimeError, toFailure } from '../errors.js';
import type { Wire } from '../messages.js';
import type { Address } from './address.js';
import type { ActorContext, Behaviour, DeferredReply, Transferable } from './behaviour.js';
import { Mailbox } from './mailbox.js';
import type { ActorRef } from './ref.js';
import type { ActorSystem } from './system.js';

// Type parameters end here: inside the kernel a message is `unknown`, and the behaviour alone knows better.
export type AnyBehaviour = Behaviour<unknown, unknown, unknown>;

type Incoming = Extract<Wire, { kind: 'message' }> | Extract<Wire, { kind: 'terminated' }>;

export interface CellOptions {
  readonly actor: number;
  /** A promise when its module is still being loaded: messages that come meanwhile wait. */
  readonly behaviour: AnyBehaviour | Promise<AnyBehaviour>;
  /** Word of shared memory that tells this actor to stop. */
  readonly slot?: number;
  readonly mailboxCapacity?: number;
}

export class Cell implements ActorContext {
  readonly address: Address;
  readonly self: ActorRef<unknown>;
  readonly control: ActorContext['control'];
  readonly budget: ActorContext['budget'];
  readonly watchers: Address[] = [];
  readonly children = new Set<number>();
  /** Resolves when the first state exists, or the actor failed to make one. */
  started: Promise<Failure | undefined> = Promise.resolve(undefined);

  readonly #system: ActorSystem;
  readonly #source: AnyBehaviour | Promise<AnyBehaviour>;
  #behaviour!: AnyBehaviour;
  readonly #mailbox: Mailbox<Incoming>;
  readonly #slot: number | undefined;
  readonly #abort = new AbortController();
  #state: unknown;
  #hasState = false;
  #busy = true;
  #stopping = false;
  #ended = false;
  #pending: { from: number; call: number } | undefined;
  /** Answers that were put off, and are still owed. */
  readonly #owed = new Set<{ from: number; call: number }>();

  constructor(system: ActorSystem, options: CellOptions) {
    this.#system = system;
    this.#source = options.behaviour;
    this.#slot = options.slot;
    this.#mailbox = new Mailbox(options.mailboxCapacity ?? MAILBOX_CAPACITY);
    this.address = { host: system.host, actor: options.actor };
    this.self = system.ref(this.address);
    this.control = system.control;
    this.budget = system.budget;
  }

  /** Makes the first state. Messages that come meanwhile wait. */
  launch(init: unknown): void {
    this.started = this.#start(init);
  }

  get stopping(): AbortSignal {
    return this.#abort.signal;
  }

  get mailboxSize(): number {
    return this.#mailbox.size;
  }

  now(): number {
    return this.#system.now();
  }

  ref<M>(address: Address): ActorRef<M> {
    return this.#system.ref(address);
  }

  spawn<S, M, I>(behaviour: Behaviour<S, M, I>, init: I): ActorRef<M> {
    const child = this.#system.spawn(behaviour as unknown as AnyBehaviour, init);
    this.children.add(child.address.actor);
    return child as ActorRef<M>;
  }

  watch(ref: ActorRef<never>): void {
    this.#system.watch(ref.address, this.address);
  }

  reply(value: unknown, transfer?: readonly Transferable[]): void {
    const pending = this.#takePending();
    if (pending) this.#system.answer(pending, { value }, transfer);
  }

  refuse(error: unknown): void {
    const pending = this.#takePending();
    if (pending) this.#system.answer(pending, { failure: toFailure(error) });
  }

  deferReply(): DeferredReply {
    const pending = this.#takePending();
    if (pending) this.#owed.add(pending);
    const once = (answer: { value: unknown } | { failure: Failure }, transfer?: readonly Transferable[]): void => {
      if (pending && this.#owed.delete(pending)) this.#system.answer(pending, answer, transfer);
    };
    return {
      reply: (value, transfer) => once({ value }, transfer),
      refuse: (error) => once({ failure: toFailure(error) }),
    };
  }

  flush(): void {
    this.#system.flush();
  }

  end(): void {
    this.#stopping = true;
    this.#wake();
  }

  stopRequested(): boolean {
    return (
      this.#stopping || this.control.closing || (this.#slot !== undefined && this.control.stopRequested(this.#slot))
    );
  }

  accept(message: Incoming): 'taken' | 'full' | 'ended' {
    if (this.#ended) return 'ended';
    // An end is told once: whoever waits for it must hear of it.
    if (!this.#mailbox.push(message, message.kind === 'terminated')) return 'full';
    this.#wake();
    return 'taken';
  }

  /** Ends the actor after the message that it is handling, before the ones that wait. */
  stop(): void {
    this.#stopping = true;
    this.#abort.abort();
    this.#wake();
  }

  #wake(): void {
    if (this.#busy) return;
    this.#busy = true;
    this.#system.schedule(this);
  }

  async #start(init: unknown): Promise<Failure | undefined> {
    try {
      this.#behaviour = this.#source instanceof Promise ? await this.#source : this.#source;
      this.#state = await this.#behaviour.start(init, this);
      this.#hasState = true;
    } catch (error) {
      const failure = toFailure(error);
      await this.#finish(failure);
      return failure;
    }
    this.#continue();
    return undefined;
  }

  /** Handles messages until the mailbox is empty, one of them takes time, or the thread's turn is over. */
  turn(isOver: () => boolean): void {
    for (;;) {
      if (this.#stopping) {
        void this.#finish();
        return;
      }
      const message = this.#mailbox.shift();
      if (message === undefined) {
        this.#busy = false;
        return;
      }
      let next: unknown;
      try {
        next = this.#handle(message);
      } catch (error) {
        void this.#fail(error);
        return;
      }
      if (next instanceof Promise) {
        next.then(
          (state) => {
            this.#settle(state);
            this.#continue();
          },
          (error) => this.#fail(error),
        );
        return;
      }
      this.#settle(next);
      if (isOver()) {
        this.#continue();
        return;
      }
    }
  }

  #handle(message: Incoming): unknown {
    if (message.kind === 'terminated') {
      this.#pending = undefined;
      return this.#behaviour.receive(
        this.#state,
        { type: 'terminated', actor: message.actor, ...(message.failure ? { failure: message.failure } : {}) },
        this,
      );
    }
    this.#pending = message.call === undefined ? undefined : { from: message.from!, call: message.call };
    return this.#behaviour.receive(this.#state, message.body, this);
  }

  #settle(state: unknown): void {
    this.#state = state;
    const pending = this.#takePending();
    // An ask that nobody answered is answered with nothing: a caller never waits for a reply that cannot come.
    if (pending) this.#system.answer(pending, { value: undefined });
  }

  #continue(): void {
    if (this.#mailbox.size > 0 || this.#stopping) this.#system.schedule(this);
    else this.#busy = false;
  }

  #takePending(): { from: number; call: number } | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending;
  }

  #fail(error: unknown): Promise<void> {
    const failure = toFailure(error);
    const pending = this.#takePending();
    if (pending) this.#system.answer(pending, { failure });
    return this.#finish(failure);
  }

  async #finish(failure?: Failure): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#busy = true;
    for (const child of this.children) await this.#system.stopLocal(child);
    let last = failure;
    if (this.#hasState) {
      try {
        await this.#behaviour.stop?.(this.#state, this);
      } catch (error) {
        last ??= toFailure(error);
      }
    }
    this.#state = undefined;
    const gone = toFailure(
      new RuntimeError(
        'actor_gone',
        `the actor ${this.address.host}.${this.address.actor} has ended`,
        last ? { cause: new Error(last.message) } : undefined,
      ),
    );
    for (const owed of this.#owed) this.#system.answer(owed, { failure: gone });
    this.#owed.clear();
    for (let message = this.#mailbox.shift(); message; message = this.#mailbox.shift()) {
      if (message.kind === 'message' && message.call !== undefined)
        this.#system.answer({ from: message.from!, call: message.call }, { failure: gone });
      else this.#system.deadLetter(message);
    }
    this.#system.ended(this, last);
  }
}
