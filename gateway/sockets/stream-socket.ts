/** What run, job and execute sockets share: a stream that can be resumed, and commands to its subject. */
import { toFailure } from '../errors.js';
import { Watcher } from '../streams/watcher.js';
import { CommandDesk, type DeskOptions } from './command-desk.js';
import { CLOSE, type SocketSession } from './session.js';
import type { SocketHandler, SocketServices } from './socket.js';

export interface StreamSocketOptions extends Pick<DeskOptions, 'commands' | 'status'> {
  readonly stream: string;
  /** The number after which to stream; `undefined` for what happens from now on. */
  readonly after: number | undefined;
  /** Whether a `resume` message may still say where to start. */
  readonly awaitsResume: boolean;
  /** What an unknown stream is called in the error, for instance "Job not found". */
  readonly notFound: string;
  /** Runs when nothing can be missed any more, before the first event. @throws Refusal `not_found` for an unknown stream */
  readonly greet: () => Promise<void>;
  readonly ends?: ReadonlySet<string>;
}

export function streamSocket(
  session: SocketSession,
  services: SocketServices,
  options: StreamSocketOptions,
): SocketHandler {
  const { backend, hub, limits, log } = services;
  const { stream, commands, status } = options;
  let grace: NodeJS.Timeout | undefined;
  let isReady = false;
  let resumeAfter: number | undefined;

  const fail = (error: unknown): void => {
    const failure = toFailure(error, `socket of ${stream}`, log);
    const isUnknown = failure.status === 404;
    session.say({
      type: 'error',
      error: isUnknown ? options.notFound : typeof failure.detail === 'string' ? failure.detail : 'invalid request',
    });
    session.finish(isUnknown ? CLOSE.notFound : CLOSE.internal);
  };
  const watcher = new Watcher({
    stream,
    events: backend.events,
    hub,
    limits,
    sink: session,
    ...(options.ends && { ends: options.ends }),
    onEnd: () => session.finish(CLOSE.normal),
    onError: fail,
  });
  const desk = new CommandDesk({ session, limits, log, commands, status });

  const start = (after?: number): void => {
    clearTimeout(grace);
    if (session.isOpen) watcher.start(after);
  };
  const open = async (): Promise<void> => {
    await watcher.open(options.after);
    await options.greet();
    if (!session.isOpen) return;
    isReady = true;
    if (resumeAfter !== undefined || !options.awaitsResume) start(resumeAfter);
    else grace = setTimeout(start, limits.resumeGraceMs);
  };
  open().catch(fail);

  return {
    message(message) {
      if (message.kind === 'resume') {
        if (isReady) start(message.after);
        else resumeAfter = message.after;
        return;
      }
      // Whoever opens with something else has nothing to resume.
      if (isReady && !watcher.isStarted) start();
      if (message.kind === 'command') desk.receive(message.command, message.fields);
      else
        session.say({
          type: 'error',
          error: 'unknown message: send {"command": ...}, {"type": "ping"} or {"type": "resume", "after": ...}',
        });
    },
    closed() {
      clearTimeout(grace);
      watcher.close();
    },
  };
}
