/** Loads uWebSockets.js when a gateway is made, not before: who only trains needs no binary of it. */
import type {
  HttpRequest,
  HttpResponse,
  TemplatedApp,
  us_listen_socket,
  us_socket_context_t,
  WebSocket,
  WebSocketBehavior,
} from 'uWebSockets.js';

export type { HttpRequest, HttpResponse, us_listen_socket, us_socket_context_t, WebSocket, WebSocketBehavior };

/** The app, with the overload of `listen` that the published types leave out: host, port and options together. */
export interface UwsApp extends Omit<TemplatedApp, 'listen'> {
  listen(host: string, port: number, options: number, done: (socket: us_listen_socket | false) => void): unknown;
}

/** What the gateway uses of the library. */
export interface Uws {
  App(): UwsApp;
  us_listen_socket_close(socket: us_listen_socket): void;
  us_socket_local_port(socket: us_listen_socket): number;
  /** Without it, a second server may take the same port, and the kernel deals out connections between the two. */
  readonly LIBUS_LISTEN_EXCLUSIVE_PORT: number;
}

/**
 * @param load imports the library; handed in so that the error can be tested
 * @throws Error that names the version of Node and the command to run, when there is no binary for it
 */
export async function loadUws(load: () => Promise<unknown> = () => import('uWebSockets.js')): Promise<Uws> {
  let module: unknown;
  try {
    module = await load();
  } catch (cause) {
    const { node, modules } = process.versions;
    throw new Error(
      `uWebSockets.js has no binary that loads in Node ${node} (${process.platform} ${process.arch}, ABI ${modules}). ` +
        'Use Node 20 to 22, or install the official package, which serves later ones: npm install uNetworking/uWebSockets.js#v20.67.0',
      { cause },
    );
  }
  // The official package is CommonJS: its names stand on the default export.
  const named = module as { App?: unknown; default?: unknown };
  return (named.App === undefined ? named.default : named) as Uws;
}
