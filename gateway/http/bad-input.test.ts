import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { leaveAfter, rawHttp } from '../testing/raw-http.js';
import { call, start } from '../testing/start.js';

const MB = 1024 * 1024;
const isWhole = (received: string): boolean => received.includes('\r\n\r\n') && received.endsWith('}');

describe('paths and methods', () => {
  it.each([
    '/nothing',
    '/api/nothing',
    '/api/v2/workflows',
    '/workflows',
    '/api/workflows/runs/a/b',
    '/api//workflows',
    '/favicon.ico',
  ])('answers 404 for %s', async (path) => {
    const { url } = await start();
    expect(await call(url + path)).toMatchObject({ status: 404, body: { detail: `there is nothing at ${path}` } });
  });

  it.each([
    ['DELETE', '/health', 'GET, HEAD, OPTIONS'],
    ['PUT', '/api/workflows', 'POST, GET, HEAD, OPTIONS'],
    ['POST', '/api/v1/workflows/7', 'GET, PUT, DELETE, HEAD, OPTIONS'],
    ['GET', '/api/workflows/execute', 'POST, OPTIONS'],
    ['DELETE', '/api/workflows/nodes', 'GET, HEAD, OPTIONS'],
    ['GET', '/api/training/pause/job_0001', 'POST, OPTIONS'],
    ['POST', '/api/training/ws/job_0001', 'GET, OPTIONS'],
    ['BREW', '/health', 'GET, HEAD, OPTIONS'],
  ])('answers 405 for %s %s and names what is allowed', async (method, path, allow) => {
    const { port } = await start();
    const received = await rawHttp(port, `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`, isWhole);
    expect(received).toMatch(/^HTTP\/1.1 405 /);
    expect(received).toContain(`\r\nallow: ${allow}\r\n`);
  });

  it('tells a plain GET that a path speaks WebSocket only', async () => {
    const { url } = await start();
    const answer = await call(`${url}/api/training/ws/all`);
    expect(answer).toMatchObject({ status: 426, body: { detail: expect.stringContaining('WebSocket') } });
  });

  it('answers 400 for a broken percent-encoding', async () => {
    const { url } = await start();
    expect((await call(`${url}/api/workflows/runs/%E0%A4%A`)).status).toBe(400);
  });
});

describe('parameters', () => {
  it.each([
    ['/api/workflows?skip=-1', ['query', 'skip']],
    ['/api/workflows?skip=x', ['query', 'skip']],
    ['/api/workflows?skip=1.5', ['query', 'skip']],
    ['/api/workflows?skip=', ['query', 'skip']],
    ['/api/workflows?limit=0', ['query', 'limit']],
    ['/api/workflows?limit=1001', ['query', 'limit']],
    ['/api/workflows?limit=1e2', ['query', 'limit']],
    ['/api/workflows?limit=0x10', ['query', 'limit']],
    ['/api/workflows/runs?limit=99999999999999999999', ['query', 'limit']],
    ['/api/training/list?status=sleeping', ['query', 'status']],
    ['/api/training/list?limit=5000', ['query', 'limit']],
    ['/api/training/job_0001/events?after=-1', ['query', 'after']],
    ['/api/workflows/abc', ['path', 'id']],
    ['/api/workflows/1.5', ['path', 'id']],
    ['/api/workflows/99999999999999999999', ['path', 'id']],
    ['/api/workflows/runs/a%20b', ['path', 'run_id']],
    ['/api/workflows/runs/..%2f..%2fetc', ['path', 'run_id']],
    ['/api/training/status/job%00', ['path', 'job_id']],
    [`/api/training/status/${'a'.repeat(65)}`, ['path', 'job_id']],
  ])('answers 422 for %s with its place', async (path, loc) => {
    const { url, backend } = await start();
    const { status, issues } = await call(url + path);
    expect(status).toBe(422);
    expect(issues[0]).toEqual({ loc, msg: expect.any(String), type: expect.any(String) });
    expect(backend.calls).toEqual([]);
  });

  it('tells the faults of path, query and body together', async () => {
    const { url } = await start();
    const { issues } = await call(`${url}/api/workflows/execute?wait=maybe`, 'POST', {});
    expect(issues.map((issue) => issue.loc[0])).toEqual(['query', 'body']);
  });

  it.each([0, -1, 7])('answers 404 for workflow %i, naming it', async (id) => {
    const { url } = await start();
    expect(await call(`${url}/api/workflows/${id}`)).toMatchObject({
      status: 404,
      body: { detail: `there is no workflow ${id}` },
    });
  });

  it.each([
    '/api/training/status/job_0009',
    '/api/training/job_0009/events',
    '/api/workflows/runs/run_9',
    '/api/workflows/runs/run_9/events',
  ])('answers 404 for the unknown id in %s', async (path) => {
    const { url } = await start();
    expect(await call(url + path)).toMatchObject({ status: 404, body: { detail: expect.stringContaining('_') } });
  });
});

describe('bodies', () => {
  it.each([
    ['/api/workflows', undefined, ['body']],
    ['/api/workflows', [], ['body']],
    ['/api/workflows', null, ['body']],
    ['/api/workflows', { nodes: [], edges: [] }, ['body', 'name']],
    ['/api/workflows', { name: '  ', nodes: [], edges: [] }, ['body', 'name']],
    ['/api/workflows', { name: 1, nodes: [], edges: [] }, ['body', 'name']],
    ['/api/workflows', { name: 'a', nodes: {}, edges: [] }, ['body', 'nodes']],
    ['/api/workflows/validate', { nodes: [] }, ['body', 'edges']],
    ['/api/workflows/execute', {}, ['body']],
    ['/api/workflows/execute', { nodes: [] }, ['body', 'edges']],
    ['/api/workflows/execute', { workflow_id: 'one' }, ['body', 'workflow_id']],
    ['/api/workflows/execute', { workflow: { nodes: 1, edges: [] } }, ['body', 'workflow', 'nodes']],
    ['/api/training/start', { model_config: {}, training_config: {} }, ['body', 'data_config']],
    ['/api/training/start', { model_config: [], data_config: {}, training_config: {} }, ['body', 'model_config']],
  ])('answers 422 for POST %s with %j', async (path, sent, loc) => {
    const { url, backend } = await start();
    const { status, issues } = await call(url + path, 'POST', sent);
    expect(status).toBe(422);
    expect(issues.map((issue) => issue.loc)).toContainEqual(loc);
    expect(backend.calls).toEqual([]);
  });

  it.each([
    ['{"name": ', 9],
    ['garbage', 0],
    ["{'name':1}", 1],
    ['{"a":1}}', 7],
  ])('answers 422 for the broken JSON %j with its position', async (text, at) => {
    const { url } = await start();
    const { status, issues } = await call(`${url}/api/workflows`, 'POST', text);
    expect(status).toBe(422);
    expect(issues).toEqual([{ loc: ['body', at], msg: expect.stringContaining(`char ${at}`), type: 'json_invalid' }]);
  });

  it.each([
    ['invalid UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'UTF-8'],
    ['too deep nesting', Buffer.from('['.repeat(100_000)), 'nested deeper'],
    ['the key __proto__', Buffer.from('{"__proto__":{"x":1}}'), '__proto__'],
  ])('answers 400 for %s', async (_what, bytes, words) => {
    const { url } = await start();
    const answer = await fetch(`${url}/api/workflows`, {
      method: 'POST',
      body: bytes,
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { detail: string }).detail).toContain(words);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it.each([
    'text/plain',
    '',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'application/json; charset=latin1',
  ])('answers 415 for the content type %j', async (type) => {
    const { port } = await start();
    const header = type === '' ? '' : `Content-Type: ${type}\r\n`;
    for (const method of ['POST /api/workflows', 'PUT /api/workflows/1', 'POST /api/training/pause/job_0001']) {
      const received = await rawHttp(
        port,
        `${method} HTTP/1.1\r\nHost: localhost\r\n${header}Content-Length: 2\r\n\r\n{}`,
        isWhole,
      );
      expect(received).toMatch(/^HTTP\/1.1 415 /);
    }
  });

  it('answers 415 for a compressed body, and takes JSON with its charset', async () => {
    const { url } = await start();
    expect((await call(`${url}/api/workflows`, 'POST', {}, { 'content-encoding': 'gzip' })).status).toBe(415);
    expect(
      (await call(`${url}/api/workflows`, 'POST', {}, { 'content-type': 'Application/JSON; charset="UTF-8"' })).status,
    ).toBe(422);
  });

  it('reads a body that comes in many chunks', async () => {
    const { port } = await start();
    const head =
      'POST /api/workflows/validate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
    const chunks = [...'{"nodes":[1],"edges":[]}'].map((character) => `1\r\n${character}\r\n`).join('');
    expect(await rawHttp(port, `${head}${chunks}0\r\n\r\n`, isWhole)).toContain('{"valid":true,"errors":[]}');
  });
});

describe('bodies above the limit', () => {
  it('gets a clean 413 for 50 MB of known and of unknown length', async () => {
    const { url, backend } = await start();
    const bytes = Buffer.alloc(50 * MB, 0x20);
    const stream = () =>
      new ReadableStream({
        start(controller) {
          for (let at = 0; at < bytes.length; at += MB) controller.enqueue(bytes.subarray(at, at + MB));
          controller.close();
        },
      });
    for (const body of [bytes, stream()]) {
      const answer = await fetch(`${url}/api/workflows`, {
        method: 'POST',
        body,
        duplex: 'half',
        headers: { 'content-type': 'application/json' },
      } as RequestInit);
      expect(answer.status).toBe(413);
      expect(await answer.json()).toEqual({ detail: `the body is larger than ${10 * MB} bytes` });
    }
    expect(backend.calls).toEqual([]);
    expect((await call(`${url}/health`)).status).toBe(200);
  });

  it('answers a client that never looks up from writing', async () => {
    const { url } = await start();
    const sent = request(`${url}/api/workflows`, { method: 'POST', headers: { 'content-type': 'application/json' } });
    const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
    const written = once(sent, 'finish');
    sent.end(Buffer.alloc(50 * MB, 0x20));
    const [answer] = await answered;
    answer.resume();
    await Promise.all([written, once(answer, 'end')]);
    expect(answer.statusCode).toBe(413);
  });

  it.each(['Content-Length: 2000', 'Transfer-Encoding: chunked'])(
    'keeps the connection usable with %s',
    async (framing) => {
      const { port } = await start({ limits: { bodyBytes: 1000 } });
      const body = framing.startsWith('C') ? ' '.repeat(2000) : `7d0\r\n${' '.repeat(2000)}\r\n0\r\n\r\n`;
      const next = 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n';
      const received = await rawHttp(
        port,
        `POST /api/workflows HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${framing}\r\n\r\n${body}${next}`,
        (text) => text.includes('healthy'),
      );
      expect(received.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
    },
  );

  it('takes a body of exactly the limit', async () => {
    const { url } = await start({ limits: { bodyBytes: 1000 } });
    const text = '{"nodes":[],"edges":[]}';
    expect((await call(`${url}/api/workflows/validate`, 'POST', text.padEnd(1000))).status).toBe(200);
    expect((await call(`${url}/api/workflows/validate`, 'POST', text.padEnd(1001))).status).toBe(413);
  });
});

describe('who may call', () => {
  it.each(['evil.example', 'evil.example:8000', '192.168.1.5', '127.0.0.1.nip.io'])(
    'answers 403 for the Host %s on every path',
    async (host) => {
      const { port } = await start();
      for (const path of ['/', '/health', '/api/workflows', '/nothing']) {
        expect(await rawHttp(port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`, isWhole)).toMatch(
          /^HTTP\/1.1 403 /,
        );
      }
    },
  );

  it('answers 403 for two Host headers', async () => {
    const { port } = await start();
    const received = await rawHttp(
      port,
      'GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n',
      isWhole,
    );
    expect(received).not.toMatch(/^HTTP\/1.1 200/);
  });

  it('serves hosts that the operator allows', async () => {
    const { port } = await start({ allowedHosts: ['gateway.example.org'] });
    const received = await rawHttp(port, 'GET /health HTTP/1.1\r\nHost: Gateway.Example.org:443\r\n\r\n', isWhole);
    expect(received).toMatch(/^HTTP\/1.1 200 /);
  });

  it('answers 403 to the page of a foreign origin, and nothing happens', async () => {
    const { url, backend } = await start();
    backend.addJob();
    const answer = await call(`${url}/api/training/stop/job_0001`, 'POST', undefined, {
      origin: 'http://evil.example',
    });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(backend.calls).toEqual([]);
  });

  it('serves its own pages', async () => {
    const { url } = await start();
    expect((await call(`${url}/health`, 'GET', undefined, { origin: url })).status).toBe(200);
  });

  it('lets the page of an allowed origin read answers and errors', async () => {
    const { url } = await start({ corsOrigins: ['http://localhost:3000'] });
    for (const path of ['/health', '/nothing']) {
      const { headers } = await call(url + path, 'GET', undefined, { origin: 'http://localhost:3000' });
      expect(headers.get('access-control-allow-origin')).toBe('http://localhost:3000');
      expect(headers.get('vary')).toBe('Origin');
    }
  });

  it('answers a preflight with what the path allows', async () => {
    const { url } = await start({ corsOrigins: ['http://localhost:3000'] });
    const preflight = {
      origin: 'http://localhost:3000',
      'access-control-request-method': 'PUT',
      'access-control-request-headers': 'content-type',
    };
    const answer = await fetch(`${url}/api/workflows/1`, { method: 'OPTIONS', headers: preflight });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe('http://localhost:3000');
    expect(answer.headers.get('access-control-allow-methods')).toBe('GET, PUT, DELETE');
    expect(answer.headers.get('access-control-allow-headers')).toContain('content-type');
    expect(
      (
        await fetch(`${url}/api/workflows/1`, {
          method: 'OPTIONS',
          headers: { ...preflight, origin: 'http://evil.example' },
        })
      ).status,
    ).toBe(403);
  });
});

describe('malformed requests', () => {
  it.each([
    [
      'a negative length',
      'POST /api/workflows HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: -1\r\n\r\n',
    ],
    [
      'two framings',
      'POST /api/workflows HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['bytes that are no HTTP', '\u0000\u0001 nonsense\r\n\r\n'],
    ['headers without end', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`],
    [
      'a broken chunk size',
      'POST /api/workflows HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    ],
  ])('survives %s and closes the connection', async (_what, bytes) => {
    const { port, url } = await start();
    const received = await rawHttp(port, bytes, () => false);
    expect(received).not.toMatch(/^HTTP\/1.1 200/);
    expect((await call(`${url}/health`)).status).toBe(200);
  });

  it('survives a client that leaves in the middle of its body, and one that leaves before the answer', async () => {
    const { port, url, backend, logged } = await start();
    let answer = (): void => {};
    backend.gates.set('workflows.list', new Promise((resolve) => (answer = resolve)));
    const half =
      'POST /api/workflows HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"na';
    await leaveAfter(port, half);
    expect((await call(`${url}/health`)).status).toBe(200);
    const gone = new AbortController();
    const left = fetch(`${url}/api/workflows`, { signal: gone.signal });
    while (!backend.calls.some(({ name }) => name === 'workflows.list'))
      await new Promise((resolve) => setImmediate(resolve));
    gone.abort();
    await expect(left).rejects.toThrow();
    answer();
    expect((await call(`${url}/health`)).status).toBe(200);
    expect(logged).toEqual([]);
  });
});
