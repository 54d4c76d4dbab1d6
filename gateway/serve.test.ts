import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobStatus, Runtime } from '../actors/index.js';
import { createRuntime } from '../actors/index.js';
import { type Served, serve } from './serve.js';
import { type Message, SocketClient } from './testing/socket-client.js';
import { call } from './testing/start.js';

// The whole way, nothing replaced: a client, the gateway on its thread, supervisors, actors on theirs, the store on its own.
let directory: string;
let runtime: Runtime;
let gateway: Served;

const open = async (): Promise<void> => {
  runtime = await createRuntime({
    dataDir: join(directory, 'state'),
    dataRoots: [join(directory, 'data')],
    threads: 2,
  });
  gateway = await serve(runtime, { port: 0 });
};

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ganglion-serve-'));
  mkdirSync(join(directory, 'data'));
  await open();
});
afterEach(async () => {
  await runtime.close();
  rmSync(directory, { recursive: true, force: true });
});

const example = JSON.parse(readFileSync(new URL('../examples/wdbc.json', import.meta.url), 'utf8')) as {
  nodes: { id: string; data: { config: Record<string, unknown> } }[];
  edges: unknown[];
};
/** The example, with a few epochs only. */
const graph = () => {
  const { nodes, edges } = structuredClone(example);
  for (const { id, data } of nodes) if (id === 'train') data.config = { ...data.config, epochs: 3 };
  return { nodes, edges };
};
const job = (epochs: number) => ({
  model_config: { hidden: [8] },
  data_config: { dataset: 'wdbc' },
  training_config: { epochs },
});
const sequence = (messages: readonly Message[]) => messages.flatMap(({ seq }) => (seq === undefined ? [] : [seq]));
const statusOf = async (jobId: string) =>
  (await call(`${gateway.url}/api/training/status/${jobId}`)).body as unknown as JobStatus;

/** Waits until the client has a message that fits, those before included. */
const until = async (client: SocketClient, fits: (message: Message) => boolean): Promise<Message> => {
  await expect.poll(() => client.messages.some(fits), { timeout: 20_000, interval: 5 }).toBe(true);
  return client.messages.find(fits)!;
};

describe('a workflow over a socket', () => {
  it('runs to its end, every event numbered without a gap, and can be read again from the log', async () => {
    const client = await SocketClient.open(`${gateway.url}/api/workflows/ws/execute`, { first: graph() });
    expect((await client.closed).code).toBe(1000);
    const { messages } = client;
    expect(messages[0]).toMatchObject({ type: 'workflow_started', total_nodes: 7, seq: 1 });
    const last = messages.at(-1) as unknown as { type: string; run_id: string; result: { status: string } };
    expect(last).toMatchObject({ type: 'workflow_completed', result: { status: 'success' } });
    expect(sequence(messages)).toEqual(sequence(messages).map((_, index) => index + 1));
    const ended = messages.filter(({ type, status }) => type === 'node_progress' && status === 'completed');
    expect(ended.map(({ node_id: id }) => id).sort()).toEqual(example.nodes.map(({ id }) => id).sort());
    expect(messages.filter(({ event }) => event === 'epoch_completed')).toHaveLength(3);

    const again = await SocketClient.open(`${gateway.url}/api/v1/workflows/ws/runs/${last.run_id}?after=4`);
    expect((await again.closed).code).toBe(1000);
    const stored = messages.filter(({ seq }) => Number(seq) > 4);
    expect(again.messages).toEqual(stored);
    const { body } = await call(`${gateway.url}/api/workflows/runs/${last.run_id}`);
    expect(body).toMatchObject({ status: 'success', statistics: { completed_nodes: 7, failed_nodes: 0 } });
  });

  it('goes on when its client leaves', async () => {
    const client = await SocketClient.open(`${gateway.url}/api/workflows/ws/execute`, { first: graph() });
    const { run_id: id } = (await until(client, ({ type }) => type === 'workflow_started')) as { run_id: string };
    client.socket.terminate();
    const rejoined = await SocketClient.open(`${gateway.url}/api/workflows/ws/runs/${id}?after=0`);
    await rejoined.closed;
    expect(rejoined.messages.at(-1)).toMatchObject({ type: 'workflow_completed', result: { status: 'success' } });
  });

  it('tells every fault of a graph before anything runs, a cycle with its nodes', async () => {
    const nodes = ['a', 'b'].map((id) => ({ id, type: 'preprocess', data: {} }));
    const edges = [
      { source: 'a', target: 'b' },
      { source: 'b', target: 'a' },
    ];
    const { status, body } = await call(`${gateway.url}/api/workflows/execute`, 'POST', { workflow: { nodes, edges } });
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'error', error: '工作流包含循环依赖: a -> b -> a', executions: {} });
    expect((await call(`${gateway.url}/api/workflows/runs`)).body).toMatchObject({ total: 0 });
  });
});

describe('a training job over a socket', () => {
  it('is watched, paused, resumed and stopped as from a browser console', async () => {
    const { body } = await call(`${gateway.url}/api/training/start`, 'POST', job(100_000));
    expect(body).toEqual({ job_id: 'job_0001', status: 'started', database_id: 1 });
    const client = await SocketClient.open(`${gateway.url}/api/training/ws/job_0001`);
    expect(client.messages.length === 0 || client.messages[0]!['type'] === 'training_status').toBe(true);
    const epoch = await until(client, ({ type }) => type === 'epoch_completed');
    expect(epoch).toMatchObject({ total_epochs: 100_000, metrics: { train_loss: expect.any(Number) } });

    client.send({ command: 'pause' });
    await until(client, ({ type, command }) => type === 'command_result' && command === 'pause');
    const paused = await statusOf('job_0001');
    expect(paused).toMatchObject({ status: 'paused', is_paused: true });
    // It stands still: another answer of the same supervisor later, nothing has moved.
    const seen = client.messages.length;
    await call(`${gateway.url}/api/training/list`);
    expect(await statusOf('job_0001')).toEqual(paused);
    expect(client.messages.length).toBe(seen);

    client.send({ command: 'resume' });
    await until(
      client,
      ({ type, current_epoch: at }) => type === 'status_update' && Number(at) >= paused.current_epoch,
    );
    await until(client, ({ type, epoch: at }) => type === 'epoch_completed' && Number(at) > paused.current_epoch);
    client.send({ command: 'stop' });
    await until(client, ({ type }) => type === 'training_completed');
    expect(sequence(client.messages)).toEqual(
      sequence(client.messages).map((_, index) => (sequence(client.messages)[0]! as number) + index),
    );
    const stopped = await statusOf('job_0001');
    expect(stopped).toMatchObject({ status: 'stopped', checkpoint: expect.stringContaining('checkpoints') });
    expect((await call(`${gateway.url}/api/training/pause/job_0001`, 'POST')).status).toBe(409);
  });

  it('keeps its number and its history over a restart, and goes on from where it was', async () => {
    await call(`${gateway.url}/api/training/start`, 'POST', job(4));
    const client = await SocketClient.open(`${gateway.url}/api/training/ws/job_0001?after=0`);
    await until(client, ({ type }) => type === 'training_completed');
    const before = await statusOf('job_0001');
    expect(before).toMatchObject({ status: 'completed', progress: 100, current_epoch: 4 });
    expect(before.metrics).toMatchObject({ test_auc: { value: expect.any(Number), low: expect.any(Number) } });
    await runtime.close();
    await open();
    expect(await statusOf('job_0001')).toEqual(before);
    const further = { resume_from: 'job_0001', training_config: { epochs: 6 } };
    expect((await call(`${gateway.url}/api/training/start`, 'POST', further)).body).toMatchObject({
      job_id: 'job_0002',
    });
    const second = await SocketClient.open(`${gateway.url}/api/training/ws/job_0002?after=0`);
    await until(second, ({ type }) => type === 'training_completed');
    const after = await statusOf('job_0002');
    expect(after.history['train_loss']).toHaveLength(6);
    expect(after.history['train_loss']!.slice(0, 4)).toEqual(before.history['train_loss']);
  });

  it('of an unknown name is refused with 4404', async () => {
    const client = await SocketClient.open(`${gateway.url}/api/training/ws/job_9999`);
    expect((await client.closed).code).toBe(4404);
    expect(client.messages).toEqual([expect.objectContaining({ type: 'error', error: 'Job not found' })]);
  });
});

describe('bad input', () => {
  const start = (request: object) => call(`${gateway.url}/api/training/start`, 'POST', request);
  const csv = (name: string, text: string) => writeFileSync(join(directory, 'data', name), text);
  const table = (path: string) => ({
    data_config: { data_path: path, label: 'y', positive: 'ill' },
    training_config: { epochs: 1 },
  });

  it('never reaches a file outside the data folders, whatever the path', async () => {
    writeFileSync(join(directory, 'secret.csv'), 'x,y\n1,ill\n');
    symlinkSync(join(directory, 'secret.csv'), join(directory, 'data', 'link.csv'));
    for (const path of ['../secret.csv', join(directory, 'secret.csv'), 'link.csv', '/etc/passwd']) {
      const { status, issues } = await start(table(path));
      expect(status).toBe(422);
      expect(issues[0]).toMatchObject({ loc: ['body', 'data_config', 'data_path'], type: 'forbidden_path' });
    }
    expect((await call(`${gateway.url}/api/training/list`)).body).toEqual({ jobs: [], total: 0 });
  });

  it.each([
    ['a missing label', 'x,z\n1,ill\n2,well\n', /column "y".*not in the file/],
    ['text in a column of numbers', `x,y\n${'1,ill\n2,well\n'.repeat(40)}oops,ill\n`, /column "x", line 82/],
    ['one class only', 'x,y\n1,ill\n2,ill\n', /same label/],
    ['no rows', 'x,y\n', /row/],
  ])('%s fails the job with the place and the way out, and the server goes on', async (_name, text, message) => {
    csv('table.csv', text);
    expect((await start(table('table.csv'))).status).toBe(200);
    await expect.poll(async () => (await statusOf('job_0001')).status).toBe('failed');
    expect((await statusOf('job_0001')).error).toMatch(message);
    expect((await call(`${gateway.url}/health/ready`)).body).toEqual({ status: 'ready', database: 'connected' });
  });

  it('a second server on the same directory or port is told what is in its way', async () => {
    await expect(createRuntime({ dataDir: join(directory, 'state') })).rejects.toThrow(
      /in use by another ganglion process/,
    );
    const other = await createRuntime({ dataDir: join(directory, 'other') });
    try {
      await expect(serve(other, { port: gateway.port })).rejects.toThrow(/port/i);
      await expect(serve(other, { host: '0.0.0.0' })).rejects.toThrow(/no authentication/);
    } finally {
      await other.close();
    }
  });
});
