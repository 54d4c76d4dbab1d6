import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createGateway } from './server.js';
import { MemoryBackend } from './testing/memory-backend.js';
import { rawHttp } from './testing/raw-http.js';
import { SocketClient } from './testing/socket-client.js';
import { call, start } from './testing/start.js';

describe('createGateway', () => {
  it('says where it listens', async () => {
    const { gateway } = await start();
    expect(gateway.port).toBeGreaterThan(0);
    expect(gateway.url).toBe(`http://127.0.0.1:${gateway.port}`);
  });

  it('does not share a port with another server, and says which one is taken and what to do', async () => {
    const { port } = await start();
    const second = createGateway({ backend: new MemoryBackend(), version: '1.2.3', port });
    await expect(second).rejects.toThrow(
      new RegExp(`^port ${port} of 127.0.0.1 is in use: choose another one with --port$`),
    );
  });

  it('refuses an address that other machines reach', async () => {
    await expect(
      createGateway({ backend: new MemoryBackend(), version: '1.2.3', host: '0.0.0.0', port: 0 }),
    ).rejects.toThrow('no authentication');
  });
});

describe('close', () => {
  it('ends sockets with 1001, frees the port, and may be called twice', async () => {
    // A server started on a given port, as in production: only then may the next one take it while old connections linger.
    const first = await start();
    await first.gateway.close();
    const { gateway, backend, url, port } = await start({ port: first.port });
    backend.addJob();
    const clients = await Promise.all(
      ['job_0001', 'all'].map((id) => SocketClient.open(`${url}/api/training/ws/${id}`)),
    );
    await Promise.all(clients.map((client) => client.first('training_status')));
    const closing = gateway.close();
    expect(gateway.close()).toBe(closing);
    await closing;
    for (const client of clients) expect(await client.closed).toMatchObject({ code: 1001 });
    await expect(fetch(`${url}/health`)).rejects.toThrow();
    expect(backend.events.watched).toEqual([]);
    const next = await createGateway({ backend, version: '1.2.3', port });
    await next.close();
  });

  it('closes connections that only idle', async () => {
    const { gateway, port } = await start();
    let isOpen = (): void => {};
    const opened = new Promise<void>((resolve) => (isOpen = resolve));
    const received = rawHttp(port, 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n', () => {
      isOpen();
      return false;
    });
    await opened;
    await gateway.close();
    expect(await received).toContain('healthy');
    // By itself an idle connection ends after ten seconds.
  }, 5000);

  it('lets an answer on its way finish', async () => {
    const { gateway, backend, url } = await start({ limits: { closeGraceMs: 5000 } });
    let proceed = (): void => {};
    backend.gates.set('workflows.list', new Promise((resolve) => (proceed = resolve)));
    const answer = call(`${url}/api/workflows`);
    while (backend.calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const closing = gateway.close();
    proceed();
    expect(await answer).toMatchObject({ status: 200, body: { total: 0 } });
    await closing;
  });

  it('answers 503 to a request that would wait for hours, and does not cancel its run', async () => {
    const { gateway, backend, url } = await start();
    backend.gates.set('workflows.result', new Promise(() => {}));
    const answer = call(`${url}/api/workflows/execute`, 'POST', { nodes: [{}], edges: [] });
    while (!backend.calls.some(({ name }) => name === 'workflows.result'))
      await new Promise((resolve) => setImmediate(resolve));
    await gateway.close();
    expect(await answer).toMatchObject({ status: 503, body: { detail: 'the server is shutting down' } });
    expect(backend.calls.some(({ name }) => name === 'workflows.cancel')).toBe(false);
  });

  it('does not wait for a client that stopped in the middle of its body', async () => {
    const { gateway, url } = await start();
    const stalled = fetch(`${url}/api/workflows`, {
      method: 'POST',
      duplex: 'half',
      headers: { 'content-type': 'application/json' },
      body: new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('{')) }),
    } as RequestInit).then(
      (answer) => answer.status,
      () => 'cut off',
    );
    while ((await call(`${url}/health`)).status !== 200);
    await gateway.close();
    expect([503, 'cut off']).toContain(await stalled);
  });

  it('leaves a thread that can be ended without taking the process down', async () => {
    const root = fileURLToPath(new URL('..', import.meta.url));
    const source = `
      import { createGateway } from './gateway/server.js';
      import { MemoryBackend } from './gateway/testing/memory-backend.js';
      import { parentPort } from 'node:worker_threads';
      const gateway = await createGateway({ backend: new MemoryBackend(), version: '1', port: 0 });
      await fetch(gateway.url + '/health').then((answer) => answer.text());
      await gateway.close();
      parentPort.postMessage('closed');
      setInterval(() => {}, 1000);`;
    const bundle = await build({
      stdin: { contents: source, resolveDir: root, loader: 'ts' },
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20.19',
      external: ['uWebSockets.js'],
      banner: {
        js: `import { createRequire } from 'node:module'; const require = createRequire(${JSON.stringify(`${root}x.js`)});`,
      },
      write: false,
    });
    // The bundle lies outside the project, where no package is found by its name.
    const installed = import.meta.resolve('uWebSockets.js');
    const code = bundle.outputFiles[0]!.text.replace(
      'import("uWebSockets.js")',
      `import(${JSON.stringify(installed)})`,
    );
    const folder = await mkdtemp(join(tmpdir(), 'gateway-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'worker.mjs'), code);
    await writeFile(
      join(folder, 'main.mjs'),
      `import { Worker } from 'node:worker_threads';
      const worker = new Worker(new URL('worker.mjs', import.meta.url));
      worker.on('error', (error) => { console.error(error); process.exit(3); });
      worker.once('message', async () => { await worker.terminate(); console.log('ended'); });`,
    );
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'main.mjs')]);
    expect(stdout).toBe('ended\n');
  });
});
