import { describe, expect, it } from 'vitest';
import { PREFIXES } from '../routes/index.js';
import { leaveAfter } from '../testing/raw-http.js';
import { SocketClient } from '../testing/socket-client.js';
import { call, start } from '../testing/start.js';

const PATHS = PREFIXES.flatMap((prefix) =>
  ['/workflows/ws/execute', '/workflows/ws/runs/run_1', '/training/ws/all'].map((path) => prefix + path),
);

describe('socket handshake', () => {
  it.each(PATHS)('refuses foreign pages and foreign names at %s', async (path) => {
    const { url, backend } = await start();
    for (const headers of [{ origin: 'http://evil.example' }, { origin: 'null' }, { host: 'evil.example' }]) {
      const { status, body } = await SocketClient.refusal(url + path, { headers });
      expect(status).toBe(403);
      expect(JSON.parse(body)).toEqual({ detail: expect.any(String) });
    }
    expect(backend.calls).toEqual([]);
  });

  it('takes its own pages and those that the operator allows', async () => {
    const { url } = await start({ corsOrigins: ['http://localhost:3000'] });
    for (const origin of [url, 'http://localhost:3000']) {
      const client = await SocketClient.open(`${url}/api/training/ws/all`, { headers: { origin } });
      await client.first('training_status');
    }
  });

  it.each([
    ['/api/training/ws/all?after=-1', 422],
    ['/api/training/ws/all?after=x', 422],
    ['/api/training/ws/a%20b', 422],
    ['/api/training/ws/%E0%A4%A', 400],
    ['/api/training/ws/', 404],
    ['/api/training/ws', 404],
    ['/api/nothing/ws', 404],
  ])('refuses %s with %i', async (path, status) => {
    const { url } = await start();
    expect((await SocketClient.refusal(url + path)).status).toBe(status);
  });

  it('drops a client that breaks the protocol or sends too much, and serves the next', async () => {
    const { url, port, backend } = await start({ limits: { commandBytes: 1000 } });
    backend.addJob();
    const handshake =
      'GET /api/training/ws/all HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
    await leaveAfter(port, `${handshake}\u00ff\u00ff\u00ff\u00ff\u0000`);
    await leaveAfter(port, handshake);
    const loud = await SocketClient.open(`${url}/api/training/ws/all`, { first: { pad: 'x'.repeat(2000) } });
    loud.socket.on('error', () => {});
    expect((await loud.closed).code).not.toBe(1000);
    const client = await SocketClient.open(`${url}/api/training/ws/job_0001`);
    await client.first('training_status');
    expect((await call(`${url}/health`)).status).toBe(200);
  });
});

describe('slow socket', () => {
  const pad = 'x'.repeat(50_000);

  async function stalled(socketBytes: number) {
    const started = await start({ limits: { socketBytes } });
    started.backend.addJob();
    const { events } = started.backend;
    const client = await SocketClient.open(`${started.url}/api/training/ws/job_0001?after=0`);
    await client.first('training_status');
    const stall = (client.socket as unknown as { _socket: { pause(): void; resume(): void } })._socket;
    stall.pause();
    return { ...started, events, client, stall };
  }

  it('gets every stored event and the newest progress, which says how many it stands for', async () => {
    const { events, client, stall } = await stalled(50_000_000);
    for (let batch = 1; batch <= 400; batch++) {
      events.moment('job_0001', 'batch_progress', { batch });
      if (batch % 2 === 0) events.append('job_0001', 'epoch_completed', { pad });
    }
    stall.resume();
    await client.count('epoch_completed', 200);
    await client.until((messages) => messages.find((message) => message['batch'] === 400));
    expect(client.numbers()).toEqual(Array.from({ length: 200 }, (_, at) => at + 1));
    const progress = client.messages.filter((message) => message['type'] === 'batch_progress');
    expect(progress.length).toBeLessThan(400);
    expect(progress.reduce((sum, message) => sum + 1 + Number(message['merged'] ?? 0), 0)).toBe(400);
    const batches = progress.map((message) => Number(message['batch']));
    expect(batches).toEqual([...batches].sort((a, b) => a - b));
  });

  it('is closed with 4008 when more waits than it may, and loses nothing by resuming', async () => {
    const { events, client, stall, url } = await stalled(1_000_000);
    for (let at = 0; at < 400; at++) events.append('job_0001', 'epoch_completed', { pad });
    stall.resume();
    expect(await client.closed).toMatchObject({ code: 4008, reason: expect.stringContaining('resume') });
    const last = client.numbers().length;
    expect(client.numbers()).toEqual(Array.from({ length: last }, (_, at) => at + 1));
    const again = await SocketClient.open(`${url}/api/training/ws/job_0001?after=${last}`);
    await again.count('epoch_completed', 400 - last);
    expect(again.numbers()).toEqual(Array.from({ length: 400 - last }, (_, at) => last + at + 1));
  });

  it('can replay a log larger than what may wait for it', async () => {
    const { events, url } = await stalled(1_000_000);
    for (let at = 0; at < 100; at++) events.append('job_0001', 'epoch_completed', { pad });
    const client = await SocketClient.open(`${url}/api/training/ws/job_0001?after=0`);
    const stall = (client.socket as unknown as { _socket: { pause(): void; resume(): void } })._socket;
    stall.pause();
    setImmediate(() => stall.resume());
    await client.count('epoch_completed', 100);
    expect(client.numbers()).toHaveLength(100);
  });
});
