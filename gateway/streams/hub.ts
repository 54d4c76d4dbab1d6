/** One subscription at the backend per watched stream, however many sockets watch it; each event is encoded once for all of them. */
import type { EventBackend } from '../backend.js';
import { type Frame, frameOf } from './frame.js';

export interface Membership {
  /** Newest stored number when the listener joined: what is above comes to it, what is not stands in the log. */
  readonly last: number;
  leave(): void;
}

type Listener = (frame: Frame) => void;

interface Channel {
  readonly listeners: Set<Listener>;
  newest: number;
  isGone: boolean;
  readonly opened: Promise<{ readonly last: number; unsubscribe(): void }>;
}

export class StreamHub {
  readonly #events: EventBackend;
  readonly #channels = new Map<string, Channel>();

  constructor(events: EventBackend) {
    this.#events = events;
  }

  /** Streams with an open subscription. */
  get size(): number {
    return this.#channels.size;
  }

  /**
   * Gives every event of the stream from now on to the listener, possibly before the promise resolves.
   * @throws what the backend's `subscribe` throws; the listener then gets nothing any more
   */
  async join(stream: string, listener: Listener): Promise<Membership> {
    const channel = this.#channels.get(stream) ?? this.#open(stream);
    channel.listeners.add(listener);
    const leave = (): void => {
      channel.listeners.delete(listener);
      if (channel.listeners.size === 0) this.#drop(stream, channel);
    };
    try {
      const { last } = await channel.opened;
      return { last: Math.max(last, channel.newest), leave };
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Ends every subscription. */
  close(): void {
    for (const [stream, channel] of this.#channels) this.#drop(stream, channel);
  }

  #open(stream: string): Channel {
    const listeners = new Set<Listener>();
    const channel: Channel = {
      listeners,
      newest: 0,
      isGone: false,
      opened: this.#events.subscribe(stream, (event) => {
        if (channel.isGone) return;
        const frame = frameOf(event, stream);
        if (frame.number !== undefined && frame.number > channel.newest) channel.newest = frame.number;
        for (const listener of [...listeners]) listener(frame);
      }),
    };
    this.#channels.set(stream, channel);
    return channel;
  }

  #drop(stream: string, channel: Channel): void {
    if (channel.isGone) return;
    channel.isGone = true;
    if (this.#channels.get(stream) === channel) this.#channels.delete(stream);
    channel.opened.then(
      ({ unsubscribe }) => unsubscribe(),
      // Whoever joined has been told.
      () => {},
    );
  }
}
