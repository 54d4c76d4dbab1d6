/** A WebSocket client for tests: keeps every message, and lets a test wait for what it expects. */
import { once } from 'node:events';
import { type ClientOptions, WebSocket } from 'ws';

export type Message = Record<string, unknown>;

export class SocketClient {
  readonly messages: Message[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  #changed: () => void = () => {};

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => {
      this.messages.push(JSON.parse(String(data)) as Message);
      this.#changed();
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        resolve({ code, reason: String(reason) });
        this.#changed();
      });
    });
  }

  /** Opens a socket, and sends `first` the moment it is open. */
  static async open(
    url: string,
    { first, ...options }: ClientOptions & { readonly first?: unknown } = {},
  ): Promise<SocketClient> {
    const socket = new WebSocket(url.replace(/^http/, 'ws'), options);
    const client = new SocketClient(socket);
    await once(socket, 'open');
    if (first !== undefined) client.send(first);
    return client;
  }

  /** The HTTP status with which a handshake is refused, and the body. */
  static async refusal(
    url: string,
    options: ClientOptions = {},
  ): Promise<{ readonly status: number; readonly body: string }> {
    const socket = new WebSocket(url.replace(/^http/, 'ws'), options);
    return new Promise((resolve, reject) => {
      socket.on('open', () => reject(new Error('the socket was opened')));
      socket.on('error', () => {});
      socket.on('unexpected-response', async (_request, response) => {
        let body = '';
        for await (const chunk of response) body += String(chunk);
        resolve({ status: response.statusCode ?? 0, body });
      });
    });
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The first message of the type, now or when it comes. @throws Error when the socket closes without one */
  first(type: string): Promise<Message> {
    return this.until((messages) => messages.find((message) => message['type'] === type));
  }

  /** Waits until that many messages of the type came. */
  async count(type: string, count: number): Promise<Message[]> {
    return this.until((messages) => {
      const found = messages.filter((message) => message['type'] === type);
      return found.length >= count ? found : undefined;
    });
  }

  async until<T>(find: (messages: readonly Message[]) => T | undefined): Promise<T> {
    for (;;) {
      const found = find(this.messages);
      if (found !== undefined) return found;
      if (this.socket.readyState === WebSocket.CLOSED)
        throw new Error(`closed after ${JSON.stringify(this.messages).slice(0, 500)}`);
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  /** The numbers of the stored events, in the order in which they came. */
  numbers(field: 'seq' | 'pos' = 'seq'): unknown[] {
    return this.messages.filter((message) => message[field] !== undefined).map((message) => message[field]);
  }
}
