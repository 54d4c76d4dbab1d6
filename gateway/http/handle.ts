/** One HTTP request from its head to its answer: access, route, body, handler. */
import { type Failure, HttpError, toFailure } from '../errors.js';
import type { Settings } from '../options.js';
import { RawJson, type Route, type RouteResult, type Services } from '../routes/route.js';
import type { HttpRequest, HttpResponse } from '../uws.js';
import { accessFault, corsHeaders, preflightHeaders } from './access.js';
import { collectBody } from './body.js';
import { parseJson } from './json.js';
import { type Answer, Reply } from './reply.js';
import { contentTypeFault, copyRequest, hasBody, type RequestHead } from './request.js';
import type { Router } from './router.js';

export interface Desk {
  readonly settings: Settings;
  readonly services: Services;
  readonly routes: Router<Route>;
  /** Paths that only speak WebSocket. */
  readonly sockets: Router<unknown>;
  /** Requests that have no whole answer yet; kept up to date here. */
  readonly pending: Set<Reply>;
  readonly isClosing: () => boolean;
}

const METHODS_WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/** Headers of every answer: what is about patients is neither kept by a cache nor guessed to be something else. */
export const BASE_HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;

export function handleRequest(response: HttpResponse, request: HttpRequest, desk: Desk): void {
  const head = copyRequest(request);
  const where = `${head.method} ${head.path}`;
  const { access, limits, log } = desk.settings;
  const reply = new Reply(
    response,
    { ...BASE_HEADERS, ...corsHeaders(access, head.header('origin')) },
    head.method === 'HEAD',
  );
  desk.pending.add(reply);
  reply.onSettled = () => desk.pending.delete(reply);
  const refuse = (error: unknown): void => reply.send(failureAnswer(toFailure(error, where, log)), desk.isClosing());

  try {
    if (desk.isClosing()) throw new HttpError(503, 'the server is shutting down');
    const fault = accessFault(access, head.header('host'), head.header('origin'));
    if (fault !== undefined) throw new HttpError(403, fault);
    const found = findRoute(head, desk);
    if ('options' in found) {
      reply.send(found.options);
      return;
    }
    const { route, params } = found;
    const input = { path: params, query: Object.fromEntries(new URLSearchParams(head.query)) };
    const serve = (body: unknown): void => {
      route
        .serve({ ...input, body }, desk.services)
        .then((result) => reply.send(resultAnswer(result)), refuse)
        .catch(refuse);
    };
    if (!METHODS_WITH_BODY.has(head.method) || !hasBody(head)) {
      serve(undefined);
      return;
    }
    const typeFault = contentTypeFault(head);
    if (typeFault !== undefined) throw new HttpError(415, typeFault);
    const tooLarge = (): HttpError => new HttpError(413, `the body is larger than ${limits.bodyBytes} bytes`);
    if (Number(head.header('content-length')) > limits.bodyBytes) throw tooLarge();
    collectBody(response, limits.bodyBytes, (outcome) => {
      try {
        if ('tooLarge' in outcome) throw tooLarge();
        // Clients send `{}` to routes that take nothing: read away, not looked at.
        serve(
          route.schemas.body === undefined || outcome.bytes.length === 0
            ? undefined
            : parseJson(outcome.bytes, limits.jsonDepth),
        );
      } catch (error) {
        refuse(error);
      }
    });
  } catch (error) {
    refuse(error);
  }
}

type Found =
  | { readonly route: Route; readonly params: Readonly<Record<string, string>> }
  | { readonly options: Answer };

/** @throws HttpError 404 for an unknown path, 405 for a known one with another method, 426 for one that only speaks WebSocket */
function findRoute(head: RequestHead, { routes, sockets }: Desk): Found {
  const match = routes.find(head.path);
  const socket = match === undefined ? sockets.find(head.path) : undefined;
  if (match === undefined && socket === undefined) throw new HttpError(404, `there is nothing at ${head.path}`);
  const methods = [...(match ?? socket)!.methods.keys()];
  const allowed = [...methods, ...(methods.includes('GET') && match ? ['HEAD'] : []), 'OPTIONS'];
  if (head.method === 'OPTIONS') {
    const isPreflight = head.header('origin') !== '' && head.header('access-control-request-method') !== '';
    return {
      options: {
        status: 204,
        headers: { allow: allowed.join(', '), ...(isPreflight ? preflightHeaders(methods) : {}) },
      },
    };
  }
  const route = match?.methods.get(head.method === 'HEAD' ? 'GET' : head.method);
  if (match !== undefined && route !== undefined) return { route, params: match.params };
  if (socket !== undefined && head.method === 'GET') {
    throw new HttpError(426, `${head.path} is a WebSocket: connect with ws://`, {
      upgrade: 'websocket',
      connection: 'Upgrade',
    });
  }
  throw new HttpError(405, `${head.method} is not allowed at ${head.path}; allowed: ${allowed.join(', ')}`, {
    allow: allowed.join(', '),
  });
}

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' } as const;

function resultAnswer(result: RouteResult): Answer {
  return { status: 200, headers: JSON_TYPE, body: result instanceof RawJson ? result.text : JSON.stringify(result) };
}

export function failureAnswer({ status, detail, headers }: Failure): Answer {
  return { status, headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify({ detail }) };
}
