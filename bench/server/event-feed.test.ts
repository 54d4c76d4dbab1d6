import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { openFeed } from './event-feed.js';

async function withServer(use: (url: string, connected: Promise<WebSocket>) => Promise<void>): Promise<void> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const connected = once(server, 'connection').then(([socket]) => socket as WebSocket);
  connected.catch(() => undefined);
  try {
    await use(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, connected);
  } finally {
    for (const client of server.clients) client.terminate();
    server.close();
  }
}
const never = new AbortController().signal;
const say = (socket: WebSocket, type: string, seq: number): void => socket.send(JSON.stringify({ type, seq }));

describe('an event feed', () => {
  it('finds a message that came and one that is to come, for several who wait', async () => {
    await withServer(async (url, connected) => {
      const feed = await openFeed(url, never);
      const socket = await connected;
      const waiting = [feed.first(({ type }) => type === 'b'), feed.first(({ seq }) => seq === 3)];
      for (const [seq, type] of ['a', 'b', 'c'].entries()) say(socket, type, seq + 1);
      expect((await Promise.all(waiting)).map(({ seq }) => seq)).toEqual([2, 3]);
      expect((await feed.first(() => true)).type).toBe('a');
      expect(feed.messages.map(({ type }) => type)).toEqual(['a', 'b', 'c']);
      await feed.close();
    });
  });

  it('rejects who waits when the server goes away, and keeps what came', async () => {
    await withServer(async (url, connected) => {
      const feed = await openFeed(url, never);
      const socket = await connected;
      say(socket, 'a', 1);
      await feed.first(({ type }) => type === 'a');
      const waiting = feed.first(({ type }) => type === 'z');
      socket.terminate();
      await expect(waiting).rejects.toThrow(/was closed; the last of 1 messages: a$/);
      await feed.closed;
      expect(feed.messages).toHaveLength(1);
    });
  });

  it('ends by the signal', async () => {
    await withServer(async (url) => {
      const interruption = new AbortController();
      const feed = await openFeed(url, interruption.signal);
      const waiting = feed.first(() => true);
      interruption.abort();
      await expect(waiting).rejects.toThrow('was closed');
    });
  });

  it('fails when there is nobody', async () => {
    await expect(openFeed('ws://127.0.0.1:1', never)).rejects.toThrow('ECONNREFUSED');
  });
});
