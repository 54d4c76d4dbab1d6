/** One socket from open to close: what waits for it, its silence, and how it ends. */
import type { Limits } from '../defaults.js';
import { frameOfMessage } from '../streams/frame.js';
import { Outbox, type Outgoing } from '../streams/outbox.js';
import type { Sink } from '../streams/watcher.js';

/** Close codes of this interface (RFC 6455, section 7.4; 4000 and up are ours). */
export const CLOSE = { normal: 1000, goingAway: 1001, internal: 1011, notFound: 4404, tooSlow: 4008 } as const;

/** The transport below: uWS in the server, an array in a test. */
export interface Wire {
  send(bytes: Uint8Array): void;
  /** Bytes taken by `send` that the client has not taken yet. */
  buffered(): number;
  /** Sends a close frame after everything that was sent. */
  end(code: number, reason: string): void;
}

export class SocketSession implements Sink {
  readonly #wire: Wire;
  readonly #outbox: Outbox;
  readonly #limits: Limits;
  readonly #heartbeat: NodeJS.Timeout;
  #state: 'open' | 'finishing' | 'closed' = 'open';
  #finish: { readonly code: number; readonly reason: string } | undefined;
  #waitingForDrain: (() => void)[] = [];
  #onClosed: () => void = () => {};

  constructor(wire: Wire, limits: Limits) {
    this.#wire = wire;
    this.#limits = limits;
    this.#outbox = new Outbox(limits.socketBytes);
    this.#heartbeat = setInterval(() => {
      // A client that has yet to take what was sent needs no sign of life, and could not see it.
      if (this.#isDrained()) this.say({ type: 'heartbeat' });
    }, limits.heartbeatMs);
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Called once when the socket closes, whoever closes it. */
  set onClosed(listener: () => void) {
    this.#onClosed = listener;
  }

  /** Sends a message of the gateway's own, with the time as `ts`. */
  say(message: { readonly type: string; readonly [field: string]: unknown }): void {
    const { type, ...rest } = message;
    this.send({ frame: frameOfMessage({ type, ts: new Date().toISOString(), ...rest }), merged: 0 });
  }

  send(outgoing: Outgoing): void {
    if (this.#state !== 'open') return;
    const fits = this.#outbox.push(outgoing);
    this.#pump();
    if (!fits && this.#outbox.bytes > this.#limits.socketBytes)
      this.close(CLOSE.tooSlow, 'the client is too slow: resume by seq');
  }

  drained(): Promise<void> {
    if (this.#state === 'closed' || this.#isDrained()) return Promise.resolve();
    return new Promise((resolve) => this.#waitingForDrain.push(resolve));
  }

  /** Closes once everything that waits is sent. */
  finish(code: number, reason = ''): void {
    if (this.#state !== 'open') return;
    this.#state = 'finishing';
    this.#finish = { code, reason };
    this.#pump();
  }

  /** Closes now; what waits is dropped. */
  close(code: number, reason = ''): void {
    if (this.#state === 'closed') return;
    this.markClosed();
    this.#wire.end(code, reason);
  }

  /** The client took something. */
  drain(): void {
    if (this.#state !== 'closed') this.#pump();
  }

  /** The socket is gone: its wire is not touched any more. */
  markClosed(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    clearInterval(this.#heartbeat);
    this.#outbox.clear();
    this.#wakeUp();
    this.#onClosed();
  }

  #pump(): void {
    let isSent = false;
    while (!this.#outbox.isEmpty && this.#wire.buffered() <= this.#limits.socketHighWater) {
      const bytes = this.#outbox.shift();
      if (bytes !== undefined) this.#wire.send(bytes);
      isSent = true;
    }
    if (isSent) this.#heartbeat.refresh();
    if (!this.#isDrained()) return;
    this.#wakeUp();
    if (this.#finish !== undefined) this.close(this.#finish.code, this.#finish.reason);
  }

  #isDrained(): boolean {
    return this.#outbox.isEmpty && this.#wire.buffered() <= this.#limits.socketHighWater;
  }

  #wakeUp(): void {
    const waiting = this.#waitingForDrain;
    this.#waitingForDrain = [];
    for (const wake of waiting) wake();
  }
}
