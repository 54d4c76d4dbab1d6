/** The gateway's numbers. Every one can be set through `createGateway({ limits })`. */
export interface Limits {
  /** Largest request body, and largest first message of an execute socket, in bytes. */
  readonly bodyBytes: number;
  /** Most nodes of one workflow. */
  readonly graphNodes: number;
  /** Deepest nesting of arrays and objects in JSON that a client sends. */
  readonly jsonDepth: number;
  /** Largest message a client may send on a socket that only takes commands, in bytes. */
  readonly commandBytes: number;
  /** Commands of one socket that may wait for their answer. */
  readonly commandsWaiting: number;
  /** Bytes that may wait for one slow socket; one more event and it is closed with 4008. */
  readonly socketBytes: number;
  /** Bytes handed to the kernel's side of one socket before further events wait where they can still be merged. */
  readonly socketHighWater: number;
  /** Silence on a socket after which a heartbeat is sent, in ms. */
  readonly heartbeatMs: number;
  /** How long a socket opened without `?after` waits for a `resume` message before it starts to stream, in ms. */
  readonly resumeGraceMs: number;
  /** Stored events read at once during a replay. */
  readonly replayPage: number;
  /** How long `close()` lets requests that are being answered finish, in ms. */
  readonly closeGraceMs: number;
  /** How long `/health/ready` waits for the store, in ms. */
  readonly readyMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  bodyBytes: 10 * 1024 * 1024,
  graphNodes: 20_000,
  jsonDepth: 64,
  commandBytes: 64 * 1024,
  commandsWaiting: 64,
  socketBytes: 4 * 1024 * 1024,
  socketHighWater: 64 * 1024,
  heartbeatMs: 15_000,
  resumeGraceMs: 100,
  replayPage: 256,
  closeGraceMs: 500,
  readyMs: 2_000,
};

/** Rows of one page of a list. */
export const PAGE = { limit: 100, largest: 1000 } as const;

/** Most edges of one graph: more than anyone draws. */
export const GRAPH = { edges: 1_000_000 } as const;

/** Most faults told in one answer. */
export const MOST_ISSUES = 1000;
