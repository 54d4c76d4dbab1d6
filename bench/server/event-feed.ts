/** Events of one stream of a server, as a client sees them, to be waited for. */
import { WebSocket } from 'ws';

export type WireMessage = Readonly<Record<string, unknown>> & { readonly type: string };

export interface EventFeed {
  /** Everything that came so far. */
  readonly messages: readonly WireMessage[];
  /** The first message that fits, come or coming. Rejects when the socket closes before. */
  first(fits: (message: WireMessage) => boolean): Promise<WireMessage>;
  /** Resolves when the socket is closed, by whomever; never rejects. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/** @throws Error when the server refuses the socket */
export async function openFeed(url: string, signal: AbortSignal): Promise<EventFeed> {
  const messages: WireMessage[] = [];
  const waiting = new Set<() => void>();
  const socket = new WebSocket(url);
  let isClosed = false;
  const wakeAll = (): void => {
    for (const wake of waiting) wake();
  };
  socket.on('message', (bytes) => {
    messages.push(JSON.parse(String(bytes)) as WireMessage);
    wakeAll();
  });
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      isClosed = true;
      wakeAll();
      resolve();
    });
  });
  const end = (): void => socket.terminate();
  signal.addEventListener('abort', end, { once: true });
  void closed.then(() => signal.removeEventListener('abort', end));
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  // A server that is killed resets the connection; that it is closed says enough.
  socket.on('error', () => undefined);
  return {
    messages,
    closed,
    first: (fits) =>
      new Promise((resolve, reject) => {
        let seen = 0;
        const look = (): void => {
          for (; seen < messages.length; seen++) {
            const message = messages[seen]!;
            if (!fits(message)) continue;
            waiting.delete(look);
            return resolve(message);
          }
          if (!isClosed) return;
          waiting.delete(look);
          reject(new Error(`${url} was closed; the last of ${messages.length} messages: ${messages.at(-1)?.type}`));
        };
        waiting.add(look);
        look();
      }),
    async close() {
      socket.close();
      await closed;
    },
  };
}
