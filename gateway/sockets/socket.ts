/** What a kind of socket is, and what it may use. */
import type { z } from 'zod';
import type { Backend } from '../backend.js';
import type { Limits } from '../defaults.js';
import type { Log } from '../errors.js';
import type { StreamHub } from '../streams/hub.js';
import type { ClientMessage } from './messages.js';
import type { SocketSession } from './session.js';

export interface SocketServices {
  readonly backend: Backend;
  readonly hub: StreamHub;
  readonly limits: Limits;
  readonly log: Log;
}

/** The part of a kind that lives as long as one socket. */
export interface SocketHandler {
  message(message: Exclude<ClientMessage, { kind: 'ping' } | { kind: 'faulty' }>): void;
  /** The socket is gone. Nothing that runs is cancelled by it. */
  closed(): void;
}

export interface SocketOpening {
  /** The id in the path; '' where the path has none. */
  readonly id: string;
  readonly after: number | undefined;
}

export interface SocketKind {
  /** Below each prefix; at most one `{name}`, at the end. */
  readonly path: string;
  readonly params?: z.ZodType<object>;
  readonly maxMessageBytes: (limits: Limits) => number;
  open(session: SocketSession, opening: SocketOpening, services: SocketServices): SocketHandler;
}
