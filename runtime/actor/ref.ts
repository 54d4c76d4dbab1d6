/** The address of an actor as something to call: the same on this thread and on another. */
import type { Address } from './address.js';
import type { Transferable } from './behaviour.js';

/** Marks a message as one that is answered, and with what. */
export interface Answers<Reply> {
  readonly __reply?: Reply;
}

export interface AskOptions {
  /** Milliseconds until the call rejects with `ask_timeout`; `Infinity` for none. */
  readonly timeout?: number;
  /** Rejects the call when aborted; the actor goes on. */
  readonly signal?: AbortSignal;
  readonly transfer?: readonly Transferable[];
}

export interface ActorRef<Message> {
  readonly address: Address;
  /** Puts a message into the actor's mailbox. To an actor that is gone it goes to the dead letters. */
  tell(message: Message, transfer?: readonly Transferable[]): void;
  /**
   * Puts a message into the mailbox and waits for the answer.
   * Rejects with `actor_gone`, `host_gone`, `mailbox_full`, `ask_timeout`, or what the actor refused or failed with.
   */
  ask<Reply>(message: Message & Answers<Reply>, options?: AskOptions): Promise<Reply>;
}
