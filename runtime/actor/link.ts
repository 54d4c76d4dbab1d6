/** One end of a port to another thread: collects the messages of a turn and sends them together. */
import type { MessagePort } from 'node:worker_threads';
import type { Wire } from '../messages.js';
import type { Transferable } from './behaviour.js';

export class Link {
  #outbox: Wire[] = [];
  #transfer: Transferable[] = [];
  #port: MessagePort | undefined;
  #closed = false;
  readonly #undeliverable: (wire: Wire, error: unknown) => void;

  /** Without a port the messages wait until {@link open}. */
  constructor(undeliverable: (wire: Wire, error: unknown) => void) {
    this.#undeliverable = undeliverable;
  }

  open(port: MessagePort, receive: (batch: readonly Wire[]) => void): void {
    this.#port = port;
    port.on('message', receive);
    port.once('close', () => {
      this.#closed = true;
    });
    port.on('messageerror', (error) =>
      process.emitWarning(`ganglion: a message between threads could not be read: ${error.message}`),
    );
    if (this.#outbox.length > 0) this.flush();
  }

  send(wire: Wire, transfer?: readonly Transferable[]): void {
    this.#outbox.push(wire);
    if (transfer) this.#transfer.push(...transfer);
    if (this.#outbox.length === 1 && this.#port) queueMicrotask(() => this.flush());
  }

  /**
   * Calls back when nothing more can come from the other side. A port that the other side closed gives what was sent
   * before, and then closes on this side too.
   */
  whenDrained(callback: () => void): void {
    if (this.#port && !this.#closed) this.#port.once('close', callback);
    else callback();
  }

  /** Sends what waits, and closes. */
  close(): void {
    this.flush();
    this.#port?.close();
    this.#port = undefined;
  }

  /** What never left, because there was no port. */
  takeUnsent(): Wire[] {
    const unsent = this.#outbox;
    this.#outbox = [];
    return unsent;
  }

  /** Sends what waits now. */
  flush(): void {
    const batch = this.#outbox;
    const transfer = this.#transfer;
    if (batch.length === 0 || !this.#port) return;
    this.#outbox = [];
    this.#transfer = [];
    try {
      this.#port.postMessage(batch, transfer as never);
    } catch (error) {
      if (batch.length === 1) return this.#undeliverable(batch[0]!, error);
      // One message that cannot be cloned must not take the others of its turn with it.
      for (const wire of batch) {
        try {
          this.#port.postMessage([wire], transfersOf(wire, transfer) as never);
        } catch (single) {
          this.#undeliverable(wire, single);
        }
      }
    }
  }
}

/** The transferables of a batch that one of its messages holds at its first levels. */
function transfersOf(wire: Wire, transfer: readonly Transferable[]): Transferable[] {
  if (transfer.length === 0 || !('body' in wire)) return [];
  const wanted = new Set<unknown>(transfer);
  const found = new Set<Transferable>();
  const seen = new Set<unknown>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    if (wanted.has(value)) found.add(value as Transferable);
    else if (ArrayBuffer.isView(value)) visit(value.buffer);
    else if (!(value instanceof ArrayBuffer)) for (const inner of Object.values(value)) visit(inner);
  };
  visit(wire.body);
  return [...found];
}
