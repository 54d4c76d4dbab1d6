import { describe, expect, it } from 'vitest';
import { PREFIXES } from '../routes/index.js';
import { refusal } from '../testing/memory-backend.js';
import { SocketClient } from '../testing/socket-client.js';
import { start } from '../testing/start.js';

const graph = { nodes: [{ id: 'a', type: 'mlp', data: {} }], edges: [] };
const invalid = (result: Record<string, unknown>) => ({
  nodes: [{ invalid: { status: 'error', executions: {}, ...result } }],
  edges: [],
});

describe.each(PREFIXES)('execute socket under %s', (prefix) => {
  it.each(['', '/'])(
    'shows a run from its start to its end, then closes with 1000 (path ends with %j)',
    async (slash) => {
      const { url, backend } = await start();
      const client = await SocketClient.open(`${url}${prefix}/workflows/ws/execute${slash}`, { first: graph });
      expect(await client.first('workflow_started')).toMatchObject({ seq: 1, run_id: 'run_1', total_nodes: 1 });
      backend.events.append('run_1', 'node_progress', { node_id: 'a', status: 'running' }, 'run_id');
      backend.events.append('run_1', 'workflow_completed', { result: { status: 'success' } }, 'run_id');
      expect(await client.closed).toMatchObject({ code: 1000 });
      expect(client.numbers()).toEqual([1, 2, 3]);
      expect(client.messages.at(-1)).toMatchObject({ type: 'workflow_completed', result: { status: 'success' } });
      expect(backend.calls).toContainEqual({ name: 'workflows.start', args: [{ workflow: graph }] });
    },
  );
});

describe('execute socket', () => {
  it('runs a stored workflow', async () => {
    const { url, backend } = await start();
    backend.stored.set(3, { id: 3 });
    const client = await SocketClient.open(`${url}/api/workflows/ws/execute`, { first: { workflow_id: 3 } });
    await client.first('workflow_started');
    expect(backend.calls).toContainEqual({ name: 'workflows.start', args: [{ workflow_id: 3 }] });
  });

  it('cancels on command, also when the command overtakes the start of the run', async () => {
    const { url, backend } = await start();
    let proceed = (): void => {};
    backend.gates.set('workflows.start', new Promise((resolve) => (proceed = resolve)));
    const client = await SocketClient.open(`${url}/api/workflows/ws/execute`, { first: graph });
    client.send({ command: 'cancel' });
    client.send({ type: 'ping' });
    await client.first('pong');
    proceed();
    expect(await client.first('command_result')).toMatchObject({
      command: 'cancel',
      ok: true,
      status: 'cancelled',
      run_id: 'run_1',
    });
    client.send({ action: 'cancel' });
    const [, second] = await client.count('command_result', 2);
    expect(second).toMatchObject({ ok: false, status: 'cancelled', error: 'run run_1 is cancelled' });
  });

  it('never cancels a run because the socket closes', async () => {
    const { url, backend } = await start();
    const client = await SocketClient.open(`${url}/api/workflows/ws/execute`, { first: graph });
    await client.first('workflow_started');
    client.socket.terminate();
    const again = await SocketClient.open(`${url}/api/workflows/ws/runs/run_1?after=0`);
    await again.first('workflow_started');
    expect(backend.calls.some(({ name }) => name === 'workflows.cancel')).toBe(false);
  });

  it('tells of a cycle as a result, as clients expect it', async () => {
    const { url } = await start();
    const results = [
      { error: '工作流包含循环依赖: a -> b -> a', errors: [{ code: 'cycle' }] },
      { error: 'a points at itself', errors: [{ code: 'self_edge' }] },
    ];
    for (const result of results) {
      const client = await SocketClient.open(`${url}/api/workflows/ws/execute`, { first: invalid(result) });
      expect(await client.closed).toMatchObject({ code: 1000 });
      expect(client.messages).toEqual([
        { type: 'workflow_completed', ts: expect.any(String), result: { status: 'error', executions: {}, ...result } },
      ]);
    }
  });

  it('tells of every other invalid graph as an error, without a number', async () => {
    const { url } = await start();
    const errors = [{ code: 'unknown_type', message: 'x' }];
    const client = await SocketClient.open(`${url}/api/workflows/ws/execute`, {
      first: invalid({ error: 'unknown type x', errors }),
    });
    expect(await client.closed).toMatchObject({ code: 1000 });
    expect(client.messages).toEqual([
      { type: 'workflow_error', ts: expect.any(String), error: 'unknown type x', errors },
    ]);
  });

  it.each([
    [{ nodes: [] }, 'edges'],
    [{ nodes: 'a', edges: [] }, 'nodes'],
    [{ workflow_id: 'one' }, 'workflow_id'],
    [{ workflow_id: 9 }, 'there is no workflow 9'],
    [{ hello: 1 }, 'workflow'],
  ])('answers the first message %j with what is wrong', async (first, words) => {
    const { url } = await start();
    const client = await SocketClient.open(`${url}/api/workflows/ws/execute`, { first });
    expect(await client.closed).toMatchObject({ code: 1000 });
    expect(client.messages).toEqual([
      {
        type: 'workflow_error',
        ts: expect.any(String),
        error: expect.stringContaining(words),
        errors: expect.any(Array),
      },
    ]);
  });

  it('tells nothing of an unexpected error but its id', async () => {
    const { url, backend, logged } = await start();
    backend.failures.set('workflows.start', new Error('/var/lib/secret'));
    const client = await SocketClient.open(`${url}/api/workflows/ws/execute`, { first: graph });
    expect(await client.first('workflow_error')).toMatchObject({
      error: expect.stringMatching(/^internal error \(.+\)$/),
    });
    expect(logged.join('')).toContain('/var/lib/secret');
  });

  it('passes on a refusal of the backend with its faults', async () => {
    const { url, backend } = await start();
    const issues = [{ loc: ['body', 'nodes'], msg: 'too many', type: 'too_big' }];
    backend.failures.set('workflows.start', refusal('invalid', 'no', issues));
    const client = await SocketClient.open(`${url}/api/workflows/ws/execute`, { first: graph });
    expect(await client.first('workflow_error')).toMatchObject({ error: 'body.nodes: too many', errors: issues });
  });

  it('survives frames that make no sense, and still runs the workflow that follows', async () => {
    const { url } = await start();
    const client = await SocketClient.open(`${url}/api/workflows/ws/execute`);
    client.send('{"nodes": [');
    client.send('[]');
    client.socket.send(Buffer.from([1, 2, 3]));
    client.send({ command: 'cancel' });
    client.send({ type: 'resume', after: 3 });
    await client.count('error', 4);
    expect(await client.first('command_result')).toMatchObject({ ok: false, error: expect.stringContaining('no run') });
    client.send(graph);
    await client.first('workflow_started');
    client.send(graph);
    await client.count('error', 5);
  });

  it('starts one run however fast a client sends its workflow twice', async () => {
    const { url, backend } = await start();
    const client = await SocketClient.open(`${url}/api/workflows/ws/execute`);
    client.send(graph);
    client.send(graph);
    await client.first('error');
    await client.first('workflow_started');
    expect(backend.calls.filter(({ name }) => name === 'workflows.start')).toHaveLength(1);
  });

  it('takes a workflow as large as a request body may be, and drops a client that sends more', async () => {
    const { url } = await start({ limits: { bodyBytes: 200_000 } });
    const large = { ...graph, pad: 'x'.repeat(150_000) };
    await (await SocketClient.open(`${url}/api/workflows/ws/execute`, { first: large })).first('workflow_started');
    const client = await SocketClient.open(`${url}/api/workflows/ws/execute`, {
      first: { ...graph, pad: 'x'.repeat(250_000) },
    });
    client.socket.on('error', () => {});
    expect((await client.closed).code).not.toBe(1000);
  });
});
