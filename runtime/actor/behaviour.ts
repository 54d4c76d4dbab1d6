/**
 * What an actor is: plain state and five functions. A behaviour holds no state of its own, and reaches the world only
 * through its context, so that a test can hand it another world.
 */

import type { ThreadBudget } from '../device/threads.js';
import type { Failure } from '../errors.js';
import type { Control } from '../host/control.js';
import type { Address } from './address.js';
import type { ActorRef } from './ref.js';

export interface Behaviour<State, Message, Init = undefined> {
  /** Makes the first state. What it throws fails the actor before its first message. */
  start(init: Init, context: ActorContext<Message>): State | Promise<State>;
  /** Handles one message and gives the next state. The next message waits until it has resolved. */
  receive(state: State, message: Message | Terminated, context: ActorContext<Message>): State | Promise<State>;
  /** Frees what the actor holds. Runs once, after the last message, whether it was stopped or failed. */
  stop?(state: State, context: ActorContext<Message>): void | Promise<void>;
  /** The state as plain data that {@link restore} understands. */
  snapshot?(state: State): unknown;
  /** The state of a snapshot. */
  restore?(snapshot: unknown, context: ActorContext<Message>): State | Promise<State>;
}

/** Where another thread finds a behaviour: a module, and the name of its export. */
export interface BehaviourSource {
  readonly module: string;
  readonly name: string;
}

/** Told to whoever watches an actor, once, when it has ended. */
export interface Terminated {
  readonly type: 'terminated';
  readonly actor: Address;
  /** Absent when the actor was stopped, or ended itself. */
  readonly failure?: Failure;
}

export interface ActorContext<Message = unknown> {
  readonly self: ActorRef<Message>;
  /** Milliseconds since 1970. */
  now(): number;
  /** Answers the `ask` that is being handled; for a `tell` it does nothing. A second answer is ignored. */
  reply(value: unknown, transfer?: readonly Transferable[]): void;
  /** Answers the `ask` that is being handled with an error, without failing the actor. */
  refuse(error: unknown): void;
  /** Takes the duty to answer out of this turn: for an answer that comes later. */
  deferReply(): DeferredReply;
  /** Makes an address callable. */
  ref<M>(address: Address): ActorRef<M>;
  /** Starts an actor on this thread. It ends when this one ends. */
  spawn<S, M, I>(behaviour: Behaviour<S, M, I>, init: I): ActorRef<M>;
  /** Asks for one {@link Terminated} message when that actor ends; at once if it is gone already. */
  watch(ref: ActorRef<never>): void;
  /** Sends what was told in this turn to other threads now: before work that keeps this one. By itself that happens when the turn pauses. */
  flush(): void;
  /** Ends this actor after the message that is being handled. */
  end(): void;
  /** Aborted when this actor is told to stop, also while it handles a message. */
  readonly stopping: AbortSignal;
  /** Whether somebody wants this actor to stop: shared memory, so it is seen inside a loop that never awaits. */
  stopRequested(): boolean;
  /** The words of shared memory between this thread and the kernel. */
  readonly control: Control;
  /** How many threads a session may take, as things stand. */
  readonly budget: ThreadBudget;
}

export interface DeferredReply {
  reply(value: unknown, transfer?: readonly Transferable[]): void;
  refuse(error: unknown): void;
}

/** What may be handed over, not copied, between threads. */
export type Transferable = ArrayBuffer | import('node:worker_threads').MessagePort;
