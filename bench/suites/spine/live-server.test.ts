import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { systemClock } from '../../harness/clock.js';
import { findProjectRoot } from '../../harness/project.js';
import { Api } from '../../server/api.js';
import { openLiveServer, whileTraining } from './live-server.js';

const root = findProjectRoot(import.meta.dirname);
const isBuilt = existsSync(join(root, 'dist', 'cli.js')) && existsSync(join(root, 'dist', 'bench.js'));
const signal = new AbortController().signal;

it.skipIf(!isBuilt)(
  `${isBuilt ? '' : 'dist/ is not built (npm run build): '}a client in a process of its own measures a server that trains`,
  async () => {
    const server = await openLiveServer({ root, clock: systemClock, quick: true });
    try {
      const { url } = server;
      const config = { kind: 'state', count: 5, interval: 1, delay: 0 };
      const workflow = { nodes: [{ id: 'a', type: 'bench_stamped_events', data: { config } }], edges: [] };
      const jobs = await whileTraining(server, signal, async (jobs) => {
        const job = jobs[0]!;
        const socket = `${url.replace(/^http/, 'ws')}/api/workflows/ws/execute`;
        const events = await server.measure('runEvents', { url: socket, workflow }, signal);
        expect(events).toMatchObject({ emitted: 5, merged: 0 });
        expect(events.seconds).toHaveLength(5);
        // One clock for both processes: an event is never received before it was emitted.
        expect(Math.min(...events.seconds)).toBeGreaterThan(0);
        const health = await server.measure('requests', { url: `${url}/health`, count: 10, concurrency: 2 }, signal);
        expect(health.seconds).toHaveLength(10);
        const pauses = await server.measure('pauses', { url, job, waits: [1, 1] }, signal);
        expect(pauses.seconds).toHaveLength(2);
        const step = await server.measure('steps', { url, job, events: 2 }, signal);
        expect(step.seconds).toBeGreaterThan(0);
        await expect(server.measure('pauses', { url, job: 'job_9999', waits: [1] }, signal)).rejects.toThrow('404');
        return jobs;
      });
      const api = new Api(url, signal);
      for (const job of jobs) expect(await api.get(`/api/training/status/${job}`)).toMatchObject({ status: 'stopped' });
      await expect(api.get('/api/training/status/job_9999')).rejects.toThrow(/answered 404: .*job_9999/);
      await expect(api.startJob({ training_config: { epochs: 0 } })).rejects.toThrow('answered 422');
    } finally {
      await server.close();
    }
  },
  60_000,
);
