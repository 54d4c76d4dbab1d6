/** Puts the kinds of sockets on a uWS app: checks the handshake, then hands every event of the socket to its session. */
import { z } from 'zod';
import { HttpError, InvalidInput, issuesOf } from '../errors.js';
import { accessFault } from '../http/access.js';
import { Reply } from '../http/reply.js';
import { copyRequest } from '../http/request.js';
import { Router } from '../http/router.js';
import type { Settings } from '../options.js';
import { socketAfter } from '../routes/schemas.js';
import type { HttpRequest, HttpResponse, UwsApp, us_socket_context_t, WebSocket } from '../uws.js';
import { readMessage } from './messages.js';
import { SocketSession, type Wire } from './session.js';
import type { SocketHandler, SocketKind, SocketOpening, SocketServices } from './socket.js';

export interface SocketDoor {
  readonly prefixes: readonly string[];
  readonly kinds: readonly SocketKind[];
  readonly services: SocketServices;
  readonly settings: Settings;
  /** Open sockets; kept up to date here. */
  readonly sessions: Set<SocketSession>;
  /** Answers a handshake that is refused. */
  readonly refuse: (reply: Reply, error: unknown, where: string) => void;
  readonly isClosing: () => boolean;
}

interface Connection {
  readonly opening: SocketOpening;
  live: { readonly session: SocketSession; readonly handler: SocketHandler } | undefined;
}

/** Every socket path of the interface, for whoever comes without a handshake. */
export function socketPaths({ prefixes, kinds }: Pick<SocketDoor, 'prefixes' | 'kinds'>): Router<SocketKind> {
  const router = new Router<SocketKind>();
  for (const prefix of prefixes) for (const kind of kinds) router.add('GET', prefix + kind.path, kind);
  return router;
}

export function attachSockets(app: UwsApp, door: SocketDoor): void {
  const paths = socketPaths(door);
  for (const prefix of door.prefixes) {
    for (const kind of door.kinds) {
      const pattern = (prefix + kind.path).replace(/\{(\w+)\}/g, ':$1');
      for (const path of [pattern, `${pattern}/`]) attach(app, path, kind, paths, door);
    }
  }
}

function attach(app: UwsApp, pattern: string, kind: SocketKind, paths: Router<SocketKind>, door: SocketDoor): void {
  const { limits } = door.settings;
  app.ws<Connection>(pattern, {
    maxPayloadLength: kind.maxMessageBytes(limits),
    // The session keeps its own account: uWS would drop messages silently above a limit of its own.
    maxBackpressure: 0,
    idleTimeout: 120,
    sendPingsAutomatically: true,
    upgrade: (response, request, context) => upgrade(response, request, context, kind, paths, door),
    open(ws) {
      const connection = ws.getUserData();
      const session = new SocketSession(wireOf(ws), limits);
      door.sessions.add(session);
      connection.live = { session, handler: kind.open(session, connection.opening, door.services) };
      session.onClosed = () => {
        door.sessions.delete(session);
        connection.live?.handler.closed();
      };
    },
    message(ws, bytes, isBinary) {
      const { live } = ws.getUserData();
      if (live === undefined || !live.session.isOpen) return;
      const message = readMessage(new Uint8Array(bytes), isBinary, limits.jsonDepth);
      if (message.kind === 'ping') live.session.say({ type: 'pong' });
      else if (message.kind === 'faulty') live.session.say({ type: 'error', error: message.error });
      else live.handler.message(message);
    },
    drain: (ws) => ws.getUserData().live?.session.drain(),
    close: (ws) => ws.getUserData().live?.session.markClosed(),
  });
}

function upgrade(
  response: HttpResponse,
  request: HttpRequest,
  context: us_socket_context_t,
  kind: SocketKind,
  paths: Router<SocketKind>,
  door: SocketDoor,
): void {
  const head = copyRequest(request);
  try {
    const fault = accessFault(door.settings.access, head.header('host'), head.header('origin'));
    if (fault !== undefined) throw new HttpError(403, fault);
    if (door.isClosing()) throw new HttpError(503, 'the server is shutting down');
    const match = paths.find(head.path);
    if (match === undefined) throw new HttpError(404, `there is no socket at ${head.path}`);
    checked(kind.params ?? z.object({}), 'path', match.params);
    const { after } = checked(socketAfter, 'query', Object.fromEntries(new URLSearchParams(head.query)));
    const opening = { id: Object.values(match.params)[0] ?? '', after };
    const key = head.header('sec-websocket-key');
    response.upgrade<Connection>(
      { opening, live: undefined },
      key,
      '',
      head.header('sec-websocket-extensions'),
      context,
    );
  } catch (error) {
    door.refuse(new Reply(response, {}, false), error, `${head.method} ${head.path}`);
  }
}

function checked<T>(schema: z.ZodType<T>, section: string, input: unknown): T {
  const result = schema.safeParse(input);
  if (!result.success) throw new InvalidInput(issuesOf(result.error, section, input));
  return result.data;
}

function wireOf(ws: WebSocket<Connection>): Wire {
  return {
    send(bytes) {
      ws.cork(() => ws.send(bytes, false));
    },
    buffered: () => ws.getBufferedAmount(),
    end: (code, reason) => ws.end(code, reason),
  };
}
