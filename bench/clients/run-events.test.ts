import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { sharedNow } from '../harness/shared-time.js';
import { timeRunEvents } from './run-events.js';

async function withSocket(talk: (socket: WebSocket, first: string) => void, use: (url: string) => Promise<void>) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  server.on('connection', (socket) => socket.once('message', (bytes) => talk(socket, String(bytes))));
  try {
    await use(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    for (const client of server.clients) client.terminate();
    server.close();
  }
}
const say = (socket: WebSocket, message: object): void => socket.send(JSON.stringify(message));
const completed = (result: object) => ({ type: 'workflow_completed', result });

describe('timeRunEvents', () => {
  it('sends the workflow, and takes the times of stamped events alone', async () => {
    let sent = '';
    await withSocket(
      (socket, first) => {
        sent = first;
        say(socket, { type: 'workflow_started' });
        say(socket, { type: 'node_event', event: 'stamped', at: sharedNow() - 500 });
        say(socket, { type: 'node_event', event: 'other', at: 0 });
        say(socket, { type: 'node_event', event: 'stamped', at: sharedNow() - 2000, merged: 3 });
        say(socket, completed({ status: 'success', outputs: { a: { emitted: 4 }, b: { emitted: 1 } } }));
      },
      async (url) => {
        const { seconds, emitted, merged } = await timeRunEvents({ url, workflow: { nodes: [1] } });
        expect(seconds).toHaveLength(2);
        expect(seconds[0]).toBeGreaterThan(0.5);
        expect(seconds[1]).toBeGreaterThan(2);
        expect({ emitted, merged }).toEqual({ emitted: 5, merged: 3 });
      },
    );
    expect(JSON.parse(sent)).toEqual({ nodes: [1] });
  });

  it.each([
    ['a run that failed', completed({ status: 'error', error: 'node a is broken' }), 'node a is broken'],
    ['a workflow that is refused', { type: 'workflow_error', error: 'no such type' }, 'no such type'],
  ])('fails for %s', async (_, answer, message) => {
    const talk = (socket: WebSocket): void => {
      say(socket, answer);
      socket.close();
    };
    await withSocket(talk, async (url) => {
      await expect(timeRunEvents({ url, workflow: {} })).rejects.toThrow(message);
    });
  });

  it('fails when there is nobody', async () => {
    await expect(timeRunEvents({ url: 'ws://127.0.0.1:1', workflow: {} })).rejects.toThrow('ECONNREFUSED');
  });
});
