import { describe, expect, it } from 'vitest';
import { PREFIXES } from '../routes/index.js';
import { SocketClient } from '../testing/socket-client.js';
import { start } from '../testing/start.js';

async function startWithJobs(count: number, options = {}) {
  const started = await start(options);
  for (let at = 0; at < count; at++) started.backend.addJob();
  const { events } = started.backend;
  return { ...started, events, socket: (id: string) => `${started.url}/api/training/ws/${id}` };
}

describe.each(PREFIXES)('training socket under %s', (prefix) => {
  it.each(['', '/'])('sends the state at once and then what happens (path ends with %j)', async (slash) => {
    const { url, events } = await startWithJobs(1);
    events.append('job_0001', 'status_update');
    const client = await SocketClient.open(`${url}${prefix}/training/ws/job_0001${slash}`);
    expect(await client.first('training_status')).toMatchObject({ job_id: 'job_0001', status: 'running', progress: 0 });
    events.append('job_0001', 'epoch_completed', { epoch: 1 });
    expect(await client.first('epoch_completed')).toMatchObject({ seq: 2, epoch: 1 });
    expect(client.numbers()).toEqual([2]);
    expect(client.messages[0]).not.toHaveProperty('seq');
  });
});

describe('training socket', () => {
  it('sends the state, then replays after the number in the URL', async () => {
    const { events, socket } = await startWithJobs(1);
    for (let at = 0; at < 4; at++) events.append('job_0001', 'epoch_completed');
    const client = await SocketClient.open(`${socket('job_0001')}?after=2`);
    await client.count('epoch_completed', 2);
    expect(client.messages.map((message) => message['seq'] ?? message['type'])).toEqual(['training_status', 3, 4]);
  });

  it('replays after the number in a resume message, though events arrive before it', async () => {
    const { events, socket } = await startWithJobs(1, { limits: { resumeGraceMs: 10_000 } });
    for (let at = 0; at < 3; at++) events.append('job_0001', 'epoch_completed');
    const client = await SocketClient.open(socket('job_0001'));
    await client.first('training_status');
    events.append('job_0001', 'epoch_completed');
    client.send({ type: 'resume', after: 1 });
    await client.count('epoch_completed', 3);
    expect(client.numbers()).toEqual([2, 3, 4]);
  });

  it('goes back when the resume message comes late', async () => {
    const { events, socket } = await startWithJobs(1);
    for (let at = 0; at < 2; at++) events.append('job_0001', 'epoch_completed');
    const client = await SocketClient.open(`${socket('job_0001')}?after=1`);
    await client.count('epoch_completed', 1);
    client.send({ type: 'resume', after: 0 });
    await client.count('epoch_completed', 3);
    expect(client.numbers()).toEqual([2, 1, 2]);
  });

  it('does not let a client that asks for the future miss the present', async () => {
    const { events, socket } = await startWithJobs(1);
    const client = await SocketClient.open(`${socket('job_0001')}?after=999`);
    client.send({ type: 'ping' });
    await client.first('pong');
    await client.first('training_status');
    events.append('job_0001', 'epoch_completed');
    await client.first('epoch_completed');
    expect(client.numbers()).toEqual([1]);
  });

  it('gives two watchers everything through one subscription, and ends it when both are gone', async () => {
    const { events, socket } = await startWithJobs(1);
    const clients = await Promise.all([1, 2].map(() => SocketClient.open(`${socket('job_0001')}?after=0`)));
    await Promise.all(clients.map((client) => client.first('training_status')));
    events.append('job_0001', 'epoch_completed');
    events.moment('job_0001', 'batch_progress', { batch: 1 });
    for (const client of clients) {
      await client.first('batch_progress');
      expect(client.numbers()).toEqual([1]);
    }
    expect(events.subscriptions.get('job_0001')).toBe(1);
    clients[0]!.socket.close();
    await clients[0]!.closed;
    events.append('job_0001', 'epoch_completed');
    await clients[1]!.count('epoch_completed', 2);
    clients[1]!.socket.close();
    await clients[1]!.closed;
    while (events.watched.length > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it.each([
    ['command', { command: 'pause' }],
    ['action', { action: 'pause' }],
    ['control message', { type: 'control', action: 'pause' }],
  ])('obeys a %s', async (_what, message) => {
    const { socket, backend } = await startWithJobs(1);
    const client = await SocketClient.open(socket('job_0001'), { first: message });
    expect(await client.first('command_result')).toEqual({
      type: 'command_result',
      ts: expect.any(String),
      command: 'pause',
      ok: true,
      job_id: 'job_0001',
      status: 'paused',
    });
    expect(backend.jobsById.get('job_0001')).toMatchObject({ status: 'paused' });
  });

  it('answers every command, in order, and tells the present status beside a refusal', async () => {
    const { socket } = await startWithJobs(1);
    const client = await SocketClient.open(socket('job_0001'));
    for (const command of ['pause', 'pause', 'resume', 'stop', 'stop', 'explode', 'constructor'])
      client.send({ command });
    const results = await client.count('command_result', 7);
    expect(results.map(({ command, ok, status }) => [command, ok, status])).toEqual([
      ['pause', true, 'paused'],
      ['pause', false, 'paused'],
      ['resume', true, 'running'],
      ['stop', true, 'stopped'],
      ['stop', false, 'stopped'],
      ['explode', false, 'stopped'],
      ['constructor', false, 'stopped'],
    ]);
    expect(results[1]).toMatchObject({ error: 'job job_0001 is paused' });
    expect(results[5]).toMatchObject({ error: expect.stringContaining('pause, resume, stop') });
  });

  it('bounds the commands that wait', async () => {
    const { socket, backend } = await startWithJobs(1, { limits: { commandsWaiting: 2 } });
    let proceed = (): void => {};
    backend.gates.set('training.pause', new Promise((resolve) => (proceed = resolve)));
    const client = await SocketClient.open(socket('job_0001'));
    for (let at = 0; at < 3; at++) client.send({ command: 'pause' });
    expect(await client.first('command_result')).toMatchObject({
      ok: false,
      error: expect.stringContaining('waiting'),
    });
    proceed();
    await client.count('command_result', 3);
  });

  it('answers a ping, and what it does not understand, without closing', async () => {
    const { socket, events } = await startWithJobs(1);
    const client = await SocketClient.open(socket('job_0001'));
    client.send('nonsense');
    client.send({ hello: 'world' });
    client.socket.send(Buffer.from([0, 255]));
    client.send({ type: 'resume' });
    client.send({ type: 'ping' });
    await client.first('pong');
    await client.count('error', 4);
    events.append('job_0001', 'epoch_completed');
    await client.first('epoch_completed');
  });

  it('closes with 4404 for an unknown job', async () => {
    const { socket } = await startWithJobs(1);
    const client = await SocketClient.open(socket('job_0009'));
    expect(await client.closed).toMatchObject({ code: 4404 });
    expect(client.messages).toEqual([{ type: 'error', ts: expect.any(String), error: 'Job not found' }]);
  });

  it('breaks a silence with heartbeats', async () => {
    const { socket } = await startWithJobs(1, { limits: { heartbeatMs: 15 } });
    const client = await SocketClient.open(socket('job_0001'));
    const [first] = await client.count('heartbeat', 2);
    expect(first).toEqual({ type: 'heartbeat', ts: expect.stringMatching(/^\d{4}-.+Z$/) });
  });
});

describe('training socket of all jobs', () => {
  it('begins with every job, carries pos, and resumes by it', async () => {
    const { events, socket } = await startWithJobs(2);
    events.append('job_0001', 'epoch_completed');
    events.append('run_1', 'node_progress');
    events.append('job_0002', 'epoch_completed');
    const client = await SocketClient.open(`${socket('all')}?after=1`);
    expect(await client.first('training_status')).toMatchObject({
      job_id: 'all',
      jobs: [{ job_id: 'job_0001' }, { job_id: 'job_0002' }],
      total: 2,
    });
    events.append('run_1', 'node_progress');
    events.append('job_0001', 'epoch_completed');
    await client.count('epoch_completed', 2);
    expect(client.numbers('pos')).toEqual([3, 5]);
    expect(client.messages.at(-1)).toMatchObject({ job_id: 'job_0001', seq: 2, pos: 5 });
  });

  it('takes commands that name a job', async () => {
    const { socket } = await startWithJobs(2);
    const client = await SocketClient.open(socket('all'));
    client.send({ command: 'pause', job_id: 'job_0002' });
    client.send({ command: 'pause' });
    const [named, unnamed] = await client.count('command_result', 2);
    expect(named).toMatchObject({ ok: true, job_id: 'job_0002', status: 'paused' });
    expect(unnamed).toMatchObject({ ok: false, error: expect.stringContaining('"job_id"') });
  });
});
