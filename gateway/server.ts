/** Makes a gateway: binds routes and sockets to a port, and takes them down again without leaving anything behind. */
import { toFailure } from './errors.js';
import { BASE_HEADERS, type Desk, failureAnswer, handleRequest } from './http/handle.js';
import type { Reply } from './http/reply.js';
import { type GatewayOptions, type Settings, settle } from './options.js';
import { PREFIXES, routeTable } from './routes/index.js';
import { attachSockets, type SocketDoor, socketPaths } from './sockets/attach.js';
import { SOCKET_KINDS } from './sockets/index.js';
import { CLOSE, type SocketSession } from './sockets/session.js';
import { StreamHub } from './streams/hub.js';
import { loadUws, type Uws, type UwsApp, type us_listen_socket } from './uws.js';

export interface Gateway {
  /** For instance `http://127.0.0.1:8000`. */
  readonly url: string;
  readonly port: number;
  /**
   * Stops listening, ends sockets with 1001, lets answers on their way finish for a moment, and resolves when everything is
   * closed. Calling it again gives the same promise. A thread that made a gateway must close it before it ends.
   */
  close(): Promise<void>;
}

/**
 * Starts a gateway on the calling thread, which should have nothing else to do.
 * @throws Error for options that are not safe or not valid, a port in use, or a Node without a binary of uWebSockets.js
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const settings = settle(options);
  const uws = await loadUws();
  const { backend, limits, log } = settings;
  const hub = new StreamHub(backend.events);
  const pending = new Set<Reply>();
  const sessions = new Set<SocketSession>();
  let closing: Promise<void> | undefined;
  const isClosing = (): boolean => closing !== undefined;

  const door: SocketDoor = {
    prefixes: PREFIXES,
    kinds: SOCKET_KINDS,
    services: { backend, hub, limits, log },
    settings,
    sessions,
    refuse: (reply, error, where) => {
      const answer = failureAnswer(toFailure(error, where, log));
      reply.send({ ...answer, headers: { ...BASE_HEADERS, ...answer.headers } });
    },
    isClosing,
  };
  const desk: Desk = {
    settings,
    services: { backend, version: settings.version, readyMs: limits.readyMs },
    routes: routeTable(),
    sockets: socketPaths(door),
    pending,
    isClosing,
  };

  const app = uws.App();
  let connections = 0;
  // biome-ignore lint/suspicious/useIterableCallbackReturn: not an array's filter, it is told of connections.
  app.filter((_response, change) => {
    connections += change;
  });
  attachSockets(app, door);
  app.any('/*', (response, request) => handleRequest(response, request, desk));
  const listener = await listen(uws, app, settings);
  const port = uws.us_socket_local_port(listener);

  const close = async (): Promise<void> => {
    uws.us_listen_socket_close(listener);
    for (const session of [...sessions]) session.close(CLOSE.goingAway, 'the server is shutting down');
    hub.close();
    await until(() => pending.size === 0, limits.closeGraceMs);
    for (const reply of [...pending]) {
      reply.send({ ...failureAnswer({ status: 503, detail: 'the server is shutting down', headers: {} }) }, true);
    }
    // What was sent last gets a moment to leave; clients that answer the close frame are gone by then.
    await until(() => connections === 0 && pending.size === 0, limits.closeGraceMs / 5);
    app.close();
  };
  return {
    url: `http://${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${port}`,
    port,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

async function listen(uws: Uws, app: UwsApp, { host, port }: Settings): Promise<us_listen_socket> {
  const socket = await new Promise<us_listen_socket | false>((resolve) => {
    app.listen(host, port, uws.LIBUS_LISTEN_EXCLUSIVE_PORT, resolve);
  });
  if (socket !== false) return socket;
  app.close();
  const hint = port > 0 && port < 1024 ? ', or may be bound by the administrator only' : '';
  throw new Error(`port ${port} of ${host} is in use${hint}: choose another one with --port`);
}

/** Resolves when the condition holds, or after `ms`. Looks every few milliseconds: it is for shutting down only. */
async function until(condition: () => boolean, ms: number): Promise<void> {
  const deadline = performance.now() + ms;
  while (!condition() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
}
