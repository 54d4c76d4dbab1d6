/** `/workflows/ws/execute`: the first message is a workflow; the socket starts it and shows the run to its end. */
import { InvalidInput, issuesOf, oneLine, toFailure } from '../errors.js';
import { execution } from '../routes/schemas.js';
import { RUN_ENDS, runControl } from './run.js';
import { CLOSE, type SocketSession } from './session.js';
import type { SocketHandler, SocketKind, SocketServices } from './socket.js';
import { streamSocket } from './stream-socket.js';

type Fields = Readonly<Record<string, unknown>>;

export const executeSocket: SocketKind = {
  path: '/workflows/ws/execute',
  maxMessageBytes: (limits) => limits.bodyBytes,
  open(session, _opening, services) {
    let run: SocketHandler | undefined;
    let isAsked = false;
    /** Commands that came while the run was being started. */
    let early: Parameters<SocketHandler['message']>[0][] = [];

    const begin = async (fields: Fields): Promise<void> => {
      const runId = await startRun(session, fields, services);
      if (runId === undefined || !session.isOpen) return;
      run = streamSocket(session, services, {
        stream: runId,
        after: 0,
        awaitsResume: false,
        notFound: 'Run not found',
        greet: async () => {},
        ends: RUN_ENDS,
        ...runControl(runId, services),
      });
      for (const message of early) run.message(message);
      early = [];
    };

    return {
      message(message) {
        if (run !== undefined) run.message(message);
        else if (message.kind === 'other' && !isAsked) {
          isAsked = true;
          void begin(message.fields);
        } else if (isAsked && message.kind === 'command' && early.length < services.limits.commandsWaiting)
          early.push(message);
        else if (message.kind === 'command') {
          session.say({
            type: 'command_result',
            command: message.command.slice(0, 40),
            ok: false,
            error: 'no run was started on this socket yet',
          });
        } else
          session.say({
            type: 'error',
            error: 'send one workflow {"nodes": [...], "edges": [...]} or {"workflow_id": ...} first, and only one',
          });
      },
      closed() {
        run?.closed();
      },
    };
  },
};

/** The new run's id, or `undefined` after telling the client why there is none and ending the socket. */
async function startRun(
  session: SocketSession,
  fields: Fields,
  { backend, log }: SocketServices,
): Promise<string | undefined> {
  try {
    const body = execution.safeParse(fields);
    if (!body.success) throw new InvalidInput(issuesOf(body.error, 'body', fields));
    const started = await backend.workflows.start(body.data);
    if ('run_id' in started) return started.run_id;
    const { invalid } = started;
    // A cycle comes as a result: that is how clients have always been told of it.
    if (isCycle(invalid)) session.say({ type: 'workflow_completed', result: invalid });
    else session.say({ type: 'workflow_error', error: invalid['error'], errors: invalid['errors'] });
  } catch (error) {
    const failure = toFailure(error, 'socket of an execution', log);
    const { detail } = failure;
    session.say({
      type: 'workflow_error',
      error: oneLine(failure),
      errors: typeof detail === 'string' ? [{ message: detail }] : detail,
    });
  }
  session.finish(CLOSE.normal);
  return undefined;
}

/** The words that clients look for, or the code of a fault that closes a circle. */
function isCycle({ error, errors }: Fields): boolean {
  if (typeof error === 'string' && error.startsWith('工作流包含循环依赖')) return true;
  if (!Array.isArray(errors)) return false;
  return errors.some(
    (fault: { readonly code?: unknown } | null) => fault?.code === 'cycle' || fault?.code === 'self_edge',
  );
}
