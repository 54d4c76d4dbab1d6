/**
 * Who may talk to the gateway. It listens on loopback, but a browser on this machine carries foreign pages: the `Host` check
 * stops DNS rebinding (a foreign name that resolves to 127.0.0.1), the `Origin` check stops foreign pages that call us directly.
 * Both hold for routes and sockets: a browser applies no same-origin rule of its own to a WebSocket.
 */
export interface AccessRules {
  /** Lower-case names, IPv6 in brackets, without port. */
  readonly hosts: ReadonlySet<string>;
  /** Lower-case origins that may call besides our own. */
  readonly origins: ReadonlySet<string>;
}

/** Why a request is refused with 403, or `undefined` when it may pass. An empty `origin` means that the header is missing. */
export function accessFault(rules: AccessRules, host: string, origin: string): string | undefined {
  const name = hostnameOf(host);
  if (name === undefined || !rules.hosts.has(name)) {
    return `the Host header ${quote(host)} is not served here: use localhost or 127.0.0.1, or add the name to allowedHosts`;
  }
  if (origin === '' || isSameOrigin(host, origin) || rules.origins.has(origin.toLowerCase())) return undefined;
  return `pages from the origin ${quote(origin)} may not call this server: add it to corsOrigins if you trust it`;
}

/** The lower-case name in a `Host` header (IPv6 keeps its brackets), or `undefined` if the header is malformed. */
export function hostnameOf(host: string): string | undefined {
  return /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/.exec(host.toLowerCase())?.[1];
}

/** https counts as well: a proxy in front of us may have taken the encryption off. */
function isSameOrigin(host: string, origin: string): boolean {
  const own = host.toLowerCase();
  const theirs = origin.toLowerCase();
  return theirs === `http://${own}` || theirs === `https://${own}`;
}

/** Headers that let the page of an allowed foreign origin read the answer. */
export function corsHeaders(rules: AccessRules, origin: string): Record<string, string> {
  if (rules.origins.size === 0) return {};
  if (origin === '' || !rules.origins.has(origin.toLowerCase())) return { vary: 'Origin' };
  return { vary: 'Origin', 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' };
}

/** Headers of the answer to a preflight: what the page may send to this path. */
export function preflightHeaders(methods: readonly string[]): Record<string, string> {
  return {
    'access-control-allow-methods': methods.join(', '),
    'access-control-allow-headers': 'content-type, authorization',
    'access-control-max-age': '600',
  };
}

/** A header's value for an error text: short and printable. */
function quote(value: string): string {
  return JSON.stringify(value.length > 100 ? `${value.slice(0, 100)}...` : value);
}
