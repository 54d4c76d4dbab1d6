import { describe, expect, it } from 'vitest';
import { refusal } from '../testing/memory-backend.js';
import { call, start } from '../testing/start.js';
import { PREFIXES } from './index.js';

const graph = { nodes: [{ id: 'a', type: 'mlp', data: {} }], edges: [] };
const job = { model_config: {}, data_config: {}, training_config: {} };

/** Method, path, body, the call that the backend must get, and a part of the answer. */
const ROUTES: readonly [string, string, unknown, string, readonly unknown[], object][] = [
  ['GET', '/workflows/nodes', undefined, 'workflows.nodeTypes', [], { nodes: [{ type: 'mlp' }, { type: 'split' }] }],
  ['GET', '/workflows/nodes/category/data', undefined, 'workflows.nodeTypes', [], { nodes: [{ type: 'split' }] }],
  ['GET', '/workflows/nodes/category/none', undefined, 'workflows.nodeTypes', [], { nodes: [] }],
  [
    'POST',
    '/workflows',
    { name: 'w', ...graph },
    'workflows.create',
    [{ name: 'w', ...graph }],
    { id: 2, status: 'created' },
  ],
  ['GET', '/workflows', undefined, 'workflows.list', [{ skip: 0, limit: 100 }], { total: 1 }],
  ['GET', '/workflows?skip=5&limit=7&other=1', undefined, 'workflows.list', [{ skip: 5, limit: 7 }], { total: 1 }],
  ['GET', '/workflows/1', undefined, 'workflows.get', [1], { id: 1, name: 'first' }],
  [
    'PUT',
    '/workflows/1',
    { name: 'new' },
    'workflows.update',
    [1, { name: 'new' }],
    { status: 'updated', name: 'new' },
  ],
  ['DELETE', '/workflows/1', undefined, 'workflows.remove', [1], { status: 'deleted', id: 1 }],
  ['POST', '/workflows/validate', graph, 'workflows.validate', [graph], { valid: true, errors: [] }],
  [
    'POST',
    '/workflows/execute',
    { workflow: graph },
    'workflows.start',
    [{ workflow: graph }],
    { run_id: 'run_2', status: 'success' },
  ],
  [
    'POST',
    '/workflows/execute',
    graph,
    'workflows.start',
    [{ workflow: graph }],
    { run_id: 'run_2', status: 'success' },
  ],
  [
    'POST',
    '/workflows/execute?wait=false',
    { workflow_id: 1 },
    'workflows.start',
    [{ workflow_id: 1 }],
    { run_id: 'run_2', status: 'queued' },
  ],
  ['POST', '/workflows/execute?wait=true', { workflow_id: 1 }, 'workflows.result', ['run_2'], { status: 'success' }],
  ['GET', '/workflows/runs?limit=1000', undefined, 'workflows.runs', [{ skip: 0, limit: 1000 }], { total: 1 }],
  ['GET', '/workflows/runs/run_1', undefined, 'workflows.run', ['run_1'], { run_id: 'run_1' }],
  ['GET', '/workflows/runs/run_1/events', undefined, 'workflows.run', ['run_1'], { events: [{ seq: 1 }, { seq: 2 }] }],
  [
    'GET',
    '/workflows/runs/run_1/events?after=1&limit=1',
    undefined,
    'workflows.run',
    ['run_1'],
    { events: [{ seq: 2 }] },
  ],
  ['POST', '/workflows/runs/run_1/cancel', undefined, 'workflows.cancel', ['run_1'], { status: 'cancelled' }],
  ['POST', '/workflows/runs/run_1/retry', {}, 'workflows.retry', ['run_1'], { status: 'queued' }],
  ['POST', '/training/start', job, 'training.start', [job], { job_id: 'job_0002', status: 'started', database_id: 2 }],
  [
    'POST',
    '/training/start',
    { resume_from: 'job_0001' },
    'training.start',
    [{ resume_from: 'job_0001' }],
    { status: 'started' },
  ],
  [
    'GET',
    '/training/status/job_0001',
    undefined,
    'training.status',
    ['job_0001'],
    { job_id: 'job_0001', status: 'running' },
  ],
  [
    'GET',
    '/training/list?status=running&skip=1',
    undefined,
    'training.list',
    [{ skip: 1, limit: 100, status: 'running' }],
    { total: 1 },
  ],
  ['POST', '/training/pause/job_0001', {}, 'training.pause', ['job_0001'], { status: 'paused' }],
  ['POST', '/training/stop/job_0001', undefined, 'training.stop', ['job_0001'], { status: 'stopped' }],
  [
    'GET',
    '/training/job_0001/events?after=1',
    undefined,
    'training.status',
    ['job_0001'],
    { events: [{ seq: 2, type: 'epoch_completed' }] },
  ],
  [
    'GET',
    '/training/all/events?after=2',
    undefined,
    '',
    [],
    {
      events: [
        { seq: 1, pos: 3 },
        { seq: 2, pos: 4 },
      ],
    },
  ],
];

async function startFilled() {
  const started = await start();
  const { backend } = started;
  backend.stored.set(1, { id: 1, name: 'first' });
  backend.addRun();
  backend.addJob();
  for (let count = 0; count < 2; count++) backend.events.append('run_1', 'node_progress', {}, 'run_id');
  for (let count = 0; count < 2; count++) backend.events.append('job_0001', 'epoch_completed');
  return started;
}

describe.each(PREFIXES)('routes under %s', (prefix) => {
  it.each(ROUTES)('%s %s', async (method, path, body, name, args, expected) => {
    const { url, backend } = await startFilled();
    const answer = await call(url + prefix + path, method, body);
    expect(answer.body).toMatchObject(expected);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    if (name !== '') expect(backend.calls).toContainEqual({ name, args });
  });

  it.each(ROUTES.filter(([method]) => method === 'GET'))(
    '%s %s answers the same with a slash at the end',
    async (_method, path) => {
      const { url } = await startFilled();
      const [plain, query = ''] = path.split('?');
      const slashed = `${plain}/${query && `?${query}`}`;
      const answers = await Promise.all([call(url + prefix + path), call(url + prefix + slashed)]);
      expect(answers[1]).toMatchObject({ status: 200, body: answers[0]!.body });
    },
  );
});

describe('routes', () => {
  it('creates a workflow with and without a slash at the end', async () => {
    const { url } = await start();
    expect((await call(`${url}/api/workflows/`, 'POST', { name: 'a', ...graph })).body).toMatchObject({ id: 1 });
    expect((await call(`${url}/api/v1/workflows`, 'POST', { name: 'b', ...graph })).body).toMatchObject({ id: 2 });
  });

  it('resumes a paused job', async () => {
    const { url } = await startFilled();
    await call(`${url}/api/training/pause/job_0001`, 'POST');
    expect((await call(`${url}/api/training/resume/job_0001/`, 'POST')).body).toEqual({
      job_id: 'job_0001',
      status: 'running',
    });
  });

  it('answers an invalid graph with its result, also when nobody wants to wait', async () => {
    const { url, backend } = await start();
    const invalid = { status: 'error', error: 'empty', errors: [{ code: 'empty_workflow' }], executions: {} };
    const body = { workflow: { nodes: [{ invalid }], edges: [] } };
    for (const query of ['', '?wait=false'])
      expect(await call(`${url}/api/workflows/execute${query}`, 'POST', body)).toMatchObject({
        status: 200,
        body: invalid,
      });
    expect(backend.calls.some(({ name }) => name === 'workflows.result')).toBe(false);
  });

  it('tells who it is and that it is well', async () => {
    const { url } = await start();
    expect((await call(url)).body).toEqual({ name: 'Ganglion', version: '1.2.3', status: 'running' });
    expect((await call(`${url}/health`)).body).toEqual({ status: 'healthy' });
    expect((await call(`${url}/health/live/`)).body).toEqual({ status: 'alive' });
    expect((await call(`${url}/health/ready`)).body).toEqual({ status: 'ready', database: 'connected' });
  });

  it('is not ready when the store says no, or says nothing in time', async () => {
    const { url, backend } = await start({ limits: { readyMs: 10 } });
    backend.isReady = false;
    expect(await call(`${url}/health/ready`)).toMatchObject({
      status: 503,
      body: { detail: expect.stringContaining('not ready') },
    });
    backend.isReady = true;
    backend.gates.set('ready', new Promise(() => {}));
    expect((await call(`${url}/health/ready`)).status).toBe(503);
  });

  it('answers HEAD as GET, without the body', async () => {
    const { url } = await start();
    const [head, get] = await Promise.all([fetch(`${url}/health`, { method: 'HEAD' }), fetch(`${url}/health`)]);
    expect(head.status).toBe(200);
    expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'));
    expect(await head.text()).toBe('');
  });

  it('answers a large result whole to a client that reads slowly', async () => {
    const { url, backend } = await start();
    backend.stored.set(1, { id: 1, pad: 'x'.repeat(20_000_000) });
    const answer = await fetch(`${url}/api/workflows/1`);
    await new Promise((resolve) => setImmediate(resolve));
    expect((await answer.text()).length).toBe(20_000_000 + '{"id":1,"pad":""}'.length);
  });

  it.each([
    ['not_found', 404],
    ['bad_request', 400],
    ['conflict', 409],
    ['too_large', 413],
    ['unavailable', 503],
  ] as const)('passes on the refusal %s as %i', async (code, status) => {
    const { url, backend } = await start();
    backend.failures.set('training.pause', refusal(code, 'job job_0001: because'));
    expect(await call(`${url}/api/training/pause/job_0001`, 'POST')).toMatchObject({
      status,
      body: { detail: 'job job_0001: because' },
    });
  });

  it('passes on the faults that the backend finds as 422', async () => {
    const { url, backend } = await start();
    const issues = [{ loc: ['body', 'training_config', 'epochs'], msg: 'must be positive', type: 'too_small' }];
    backend.failures.set('training.start', refusal('invalid', 'no', issues));
    expect(await call(`${url}/api/training/start`, 'POST', job)).toMatchObject({
      status: 422,
      body: { detail: issues },
    });
  });

  it('tells nothing of an unexpected error but an id that the log has too', async () => {
    const { url, backend, logged } = await start();
    backend.failures.set('training.status', new Error('/var/lib/secret.db is locked'));
    const { status, body } = await call(`${url}/api/training/status/job_0001`);
    expect(status).toBe(500);
    const id = /^internal error \((.+)\)$/.exec(String(body['detail']))?.[1];
    expect(logged.join('')).toMatch(
      new RegExp(`${id} at GET /api/training/status/job_0001: Error: /var/lib/secret.db is locked\\n +at `),
    );
  });

  it('answers 500 when a result cannot be written as JSON', async () => {
    const { url, backend } = await start();
    backend.stored.set(1, { id: 1n });
    expect((await call(`${url}/api/workflows/1`)).status).toBe(500);
  });
});
