/** `/workflows/ws/runs/{run_id}`: joins a run that exists, from its first event or from `after`. */
import { runPath } from '../routes/schemas.js';
import type { SocketKind, SocketServices } from './socket.js';
import { type StreamSocketOptions, streamSocket } from './stream-socket.js';

/** Events after which a run says no more. */
export const RUN_ENDS: ReadonlySet<string> = new Set(['workflow_completed', 'workflow_error']);

/** What a client can do to a run, on whichever socket shows it. */
export function runControl(
  runId: string,
  { backend }: SocketServices,
): Pick<StreamSocketOptions, 'commands' | 'status'> {
  return {
    commands: { cancel: () => backend.workflows.cancel(runId) },
    status: async () => (await backend.workflows.run(runId))['status'],
  };
}

export const runSocket: SocketKind = {
  path: '/workflows/ws/runs/{run_id}',
  params: runPath,
  maxMessageBytes: (limits) => limits.commandBytes,
  open: (session, { id, after }, services) =>
    streamSocket(session, services, {
      stream: id,
      after: after ?? 0,
      awaitsResume: after === undefined,
      notFound: 'Run not found',
      greet: async () => {
        await services.backend.workflows.run(id);
      },
      ends: RUN_ENDS,
      ...runControl(id, services),
    }),
};
