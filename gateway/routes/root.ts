/** The server itself: who it is, and whether it is well. Without prefix. */
import { HttpError } from '../errors.js';
import { type Route, route } from './route.js';

export const rootRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/',
    summary: 'Name and version of the server',
    handle: async (_input, { version }) => ({ name: 'Ganglion', version, status: 'running' }),
  }),
  route({
    method: 'GET',
    path: '/health',
    summary: 'Whether the server answers',
    handle: async () => ({ status: 'healthy' }),
  }),
  route({
    method: 'GET',
    path: '/health/live',
    summary: 'Whether the process is alive',
    handle: async () => ({ status: 'alive' }),
  }),
  route({
    method: 'GET',
    path: '/health/ready',
    summary: 'Whether the store answers; 503 when it does not',
    async handle(_input, { backend, readyMs }) {
      if (!(await within(readyMs, backend.ready()))) throw new HttpError(503, 'not ready: the store does not answer');
      return { status: 'ready', database: 'connected' };
    },
  }),
];

/** `false` when the answer is no, fails, or does not come in time. */
async function within(ms: number, answer: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
