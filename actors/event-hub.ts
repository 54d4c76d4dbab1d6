/** Brings the log's events to subscribers on other threads. */

import type { Address, Answers, Behaviour, EventLog, StreamEvent, Subscription, Terminated } from '../runtime/index.js';
import { addressKey, plainEvent } from '../runtime/index.js';

export type HubMessage =
  | ({
      readonly type: 'subscribe';
      readonly stream: string;
      readonly id: number;
      readonly subscriber: Address;
    } & Answers<{ last: number }>)
  | { readonly type: 'unsubscribe'; readonly id: number; readonly subscriber: Address }
  | ({ readonly type: 'read'; readonly stream: string; readonly after: number; readonly limit: number } & Answers<
      StreamEvent[]
    >)
  | Terminated;

/** To a subscriber, for each event. */
export interface HubEvent {
  readonly type: 'event';
  readonly id: number;
  readonly event: StreamEvent;
}

interface HubState {
  readonly log: EventLog;
  /** By the subscriber's address. */
  readonly subscriptions: Map<string, Map<number, Subscription>>;
}

/** The stream of every job has a name of its own on the wire. */
const patternOf = (stream: string): string => (stream === 'all' ? 'job_*' : stream);
export const eventHub: Behaviour<HubState, HubMessage, EventLog> = {
  start: (log) => ({ log, subscriptions: new Map() }),

  async receive(state, message, context) {
    switch (message.type) {
      case 'subscribe': {
        const { stream, id, subscriber } = message;
        const ref = context.ref<HubEvent>(subscriber);
        try {
          const subscription = await state.log.subscribe(patternOf(stream), (event) =>
            ref.tell({ type: 'event', id, event: plainEvent(event) }),
          );
          let own = state.subscriptions.get(addressKey(subscriber));
          if (!own) {
            own = new Map();
            state.subscriptions.set(addressKey(subscriber), own);
            context.watch(ref as never);
          }
          own.set(id, subscription);
          context.reply({ last: subscription.last });
        } catch (error) {
          context.refuse(error);
        }
        return state;
      }
      case 'unsubscribe': {
        const own = state.subscriptions.get(addressKey(message.subscriber));
        own?.get(message.id)?.unsubscribe();
        own?.delete(message.id);
        return state;
      }
      case 'read': {
        // Reading waits for the disk; subscriptions must not wait for that.
        const reply = context.deferReply();
        state.log
          .read(patternOf(message.stream), message.after, message.limit)
          .then((events) => reply.reply(events.map(plainEvent)), reply.refuse);
        return state;
      }
      case 'terminated': {
        const own = state.subscriptions.get(addressKey(message.actor));
        for (const subscription of own?.values() ?? []) subscription.unsubscribe();
        state.subscriptions.delete(addressKey(message.actor));
        return state;
      }
    }
  },
};
