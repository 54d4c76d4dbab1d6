/** What a gateway is made from, checked before anything listens. */
import type { Backend } from './backend.js';
import { DEFAULT_LIMITS, type Limits } from './defaults.js';
import type { Log } from './errors.js';
import { withGraphLimit } from './graph-limit.js';
import { type AccessRules, hostnameOf } from './http/access.js';

export interface GatewayOptions {
  readonly backend: Backend;
  /** Address to listen on: a loopback address or `localhost`. Default `127.0.0.1`. */
  readonly host?: string;
  /** Port to listen on; 0 takes a free one. Default 8000. */
  readonly port?: number;
  /** The package's version, told by `GET /`. */
  readonly version: string;
  readonly limits?: Partial<Limits>;
  /** Origins (`scheme://host[:port]`) whose pages may call this gateway. Default: none but its own. */
  readonly corsOrigins?: readonly string[];
  /** Names other than localhost that the `Host` header may carry, for instance behind a reverse proxy. Without port. */
  readonly allowedHosts?: readonly string[];
  /** Where unexpected errors are written, with their stacks. Default: standard error. */
  readonly log?: Log;
}

export interface Settings {
  readonly backend: Backend;
  readonly host: string;
  readonly port: number;
  readonly version: string;
  readonly limits: Limits;
  readonly access: AccessRules;
  readonly log: Log;
}

/**
 * Checks the options and fills in the defaults.
 * @throws Error for an address other than loopback, a port that is none, or a CORS origin that is none.
 */
export function settle(options: GatewayOptions): Settings {
  const { backend, version, port = 8000 } = options;
  const host = (options.host ?? '127.0.0.1').replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (!isLoopback(host)) {
    throw new Error(
      `the gateway will not listen on ${host}: it has no authentication yet, and everyone who reaches that address could read patient data and run jobs. ` +
        'Listen on 127.0.0.1, and let other machines in through an SSH tunnel or a reverse proxy that authenticates.',
    );
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`a port is a whole number from 0 to 65535, not ${port}`);
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  return {
    backend: withGraphLimit(backend, limits.graphNodes),
    host,
    port,
    version,
    limits,
    access: {
      hosts: new Set(['localhost', '127.0.0.1', '[::1]', ...(options.allowedHosts ?? []).map(checkedHost)]),
      origins: new Set((options.corsOrigins ?? []).map(checkedOrigin)),
    },
    log: options.log ?? ((text) => process.stderr.write(text)),
  };
}

/** Whether only this machine reaches the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function checkedHost(host: string): string {
  const name = hostnameOf(host);
  if (name === undefined || name !== host.toLowerCase()) {
    throw new Error(
      `allowedHosts: ${JSON.stringify(host)} is not a host name; write it without scheme and port, like "gateway.example.org"`,
    );
  }
  return name;
}

function checkedOrigin(origin: string): string {
  if (!URL.canParse(origin) || new URL(origin).origin !== origin.toLowerCase()) {
    throw new Error(
      `corsOrigins: ${JSON.stringify(origin)} is not an origin; write scheme, host and port without a path, like "http://localhost:3000". ` +
        '"*" is not accepted: it would let every web page that a user visits read patient data.',
    );
  }
  return origin.toLowerCase();
}
