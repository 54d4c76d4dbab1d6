/**
 * Typed calls to an object that lives on another thread: Comlink over an actor's mailbox. A call to an actor that is gone
 * rejects, it never hangs; an error keeps its name, code, cause and own fields on the way.
 */
import * as Comlink from 'comlink';
import type { Behaviour, DeferredReply, Transferable } from './actor/behaviour.js';
import type { ActorRef, Answers } from './actor/ref.js';
import { type Failure, fromFailure, toFailure } from './errors.js';

/** Comlink's messages carry an id, by which the answer finds its call. */
interface Call {
  readonly id: string;
}

/** One call, or its answer, as Comlink wrote it. */
export type RemoteMessage = { readonly type: 'call'; readonly call: unknown } & Answers<unknown>;

export type Remote<T> = Comlink.Remote<T>;

type Listener = (event: { data: unknown }) => void;

// Comlink's own handler keeps name, message and stack of an error, and nothing else.
const thrown = Comlink.transferHandlers.get('throw')!;
Comlink.transferHandlers.set('throw', {
  canHandle: thrown.canHandle,
  // Comlink's own form stays, with ours beside it: a program may use Comlink for other things too.
  serialize: (marked) => {
    const [own] = thrown.serialize(marked);
    return [{ ...(own as object), failure: toFailure((marked as { value: unknown }).value) }, []];
  },
  deserialize: (serialized) => {
    const { failure } = serialized as { failure?: Failure };
    if (failure) throw fromFailure(failure);
    return thrown.deserialize(serialized);
  },
});

/** A behaviour that lets others call the methods of an object, which lives as long as the actor. */
export function exposed<Init>(make: (init: Init) => object | Promise<object>): Behaviour<object, RemoteMessage, Init> {
  const desks = new WeakMap<object, Desk>();
  return {
    start: async (init) => {
      const target = await make(init);
      desks.set(target, new Desk(target));
      return target;
    },
    receive(target, message, context) {
      if (message.type === 'call') desks.get(target)!.take(message.call as Call, context.deferReply());
      return target;
    },
  };
}

/** Takes calls in for one object, in the form of the endpoint that Comlink listens on. */
class Desk {
  readonly #listeners = new Set<Listener>();
  readonly #open = new Map<string, DeferredReply>();

  constructor(target: object) {
    Comlink.expose(target, {
      addEventListener: (_type, listener) => void this.#listeners.add(listener as Listener),
      removeEventListener: (_type, listener) => void this.#listeners.delete(listener as Listener),
      postMessage: (answer: Call, transfer?: unknown) => this.#answer(answer, transfer as Transferable[] | undefined),
    });
  }

  take(call: Call, reply: DeferredReply): void {
    this.#open.set(call.id, reply);
    for (const listener of this.#listeners) listener({ data: call });
  }

  #answer(answer: Call, transfer?: readonly Transferable[]): void {
    this.#open.get(answer.id)?.reply(answer, transfer);
    this.#open.delete(answer.id);
  }
}

/** The object behind an actor made by {@link exposed}, every method a promise. */
export function wrap<T>(ref: ActorRef<RemoteMessage>): Remote<T> {
  const listeners = new Set<Listener>();
  const dispatch = (data: unknown): void => {
    for (const listener of listeners) listener({ data });
  };
  return Comlink.wrap<T>({
    addEventListener: (_type, listener) => void listeners.add(listener as Listener),
    removeEventListener: (_type, listener) => void listeners.delete(listener as Listener),
    postMessage: (call: Call, transfer?: unknown) => {
      // Comlink itself waits for ever; what rejects here is handed to it as an error that the other side threw.
      const options = {
        timeout: Number.POSITIVE_INFINITY,
        ...(transfer ? { transfer: transfer as Transferable[] } : {}),
      };
      ref
        .ask({ type: 'call', call }, options)
        .then(dispatch, (error: unknown) =>
          dispatch({ id: call.id, type: 'HANDLER', name: 'throw', value: { failure: toFailure(error) } }),
        );
    },
  });
}
