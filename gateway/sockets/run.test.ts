import { describe, expect, it } from 'vitest';
import { PREFIXES } from '../routes/index.js';
import { SocketClient } from '../testing/socket-client.js';
import { start } from '../testing/start.js';

/** A gateway with one run that has `count` stored events. */
async function startWithRun(count: number, options = {}) {
  const started = await start(options);
  const run = started.backend.addRun();
  const append = (type = 'node_progress', fields = {}) => started.backend.events.append(run, type, fields, 'run_id');
  for (let at = 0; at < count; at++) append();
  return { ...started, append, socket: `${started.url}/api/workflows/ws/runs/${run}` };
}

describe.each(PREFIXES)('run socket under %s', (prefix) => {
  it.each(['', '/'])('replays what is stored and goes on live (path ends with %j)', async (slash) => {
    const { url, append } = await startWithRun(3);
    const client = await SocketClient.open(`${url}${prefix}/workflows/ws/runs/run_1${slash}?after=1`);
    await client.count('node_progress', 2);
    append();
    await client.count('node_progress', 3);
    expect(client.numbers()).toEqual([2, 3, 4]);
  });
});

describe('run socket', () => {
  it('starts with the first event when nothing says where', async () => {
    const { socket } = await startWithRun(3);
    const client = await SocketClient.open(socket);
    await client.count('node_progress', 3);
    expect(client.numbers()).toEqual([1, 2, 3]);
  });

  it('starts where a resume message says, and sends nothing twice', async () => {
    const { socket, append } = await startWithRun(5, { limits: { resumeGraceMs: 10_000 } });
    const client = await SocketClient.open(socket, { first: { type: 'resume', after: 3 } });
    await client.count('node_progress', 2);
    append();
    await client.count('node_progress', 3);
    expect(client.numbers()).toEqual([4, 5, 6]);
  });

  it('closes with 1000 after the end of the run, replayed or live', async () => {
    const { socket, append } = await startWithRun(2);
    const live = await SocketClient.open(`${socket}?after=0`);
    await live.count('node_progress', 2);
    append('workflow_completed', { result: {} });
    expect(await live.closed).toMatchObject({ code: 1000 });
    const late = await SocketClient.open(`${socket}?after=1`);
    expect(await late.closed).toMatchObject({ code: 1000 });
    expect(late.numbers()).toEqual([2, 3]);
    const upToDate = await SocketClient.open(`${socket}?after=3`);
    expect(await upToDate.closed).toMatchObject({ code: 1000 });
    expect(upToDate.numbers()).toEqual([]);
  });

  it('goes on after an end that a retry took back', async () => {
    const { socket, append } = await startWithRun(1);
    append('workflow_completed');
    append('workflow_started');
    const client = await SocketClient.open(`${socket}?after=0`);
    await client.first('workflow_started');
    append('workflow_completed');
    expect(await client.closed).toMatchObject({ code: 1000 });
    expect(client.numbers()).toEqual([1, 2, 3, 4]);
  });

  it('closes with 4404 for an unknown run', async () => {
    const { url } = await start();
    const client = await SocketClient.open(`${url}/api/workflows/ws/runs/run_9`);
    expect(await client.closed).toMatchObject({ code: 4404 });
    expect(client.messages).toEqual([{ type: 'error', ts: expect.any(String), error: 'Run not found' }]);
  });

  it('replays a long log whole while new events arrive', async () => {
    const { socket, append } = await startWithRun(3000, { limits: { replayPage: 50 } });
    const client = await SocketClient.open(`${socket}?after=0`);
    const appended = (async () => {
      for (let at = 0; at < 200; at++) {
        append();
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    await Promise.all([appended, client.count('node_progress', 3200)]);
    expect(client.numbers()).toEqual(Array.from({ length: 3200 }, (_, at) => at + 1));
  });

  it('closes with 1011 when the log cannot be read', async () => {
    const { socket, backend, logged } = await startWithRun(2);
    backend.events.failure = new Error('disk /dev/sda is gone');
    const client = await SocketClient.open(`${socket}?after=0`);
    expect(await client.closed).toMatchObject({ code: 1011 });
    expect(client.messages).toEqual([
      { type: 'error', ts: expect.any(String), error: expect.stringMatching(/^internal error/) },
    ]);
    expect(logged.join('')).toContain('/dev/sda');
  });
});
