/** A request as plain data. uWS's own object lives only until its handler returns, so everything is copied out first. */
import type { HttpRequest } from '../uws.js';

export interface RequestHead {
  /** Upper case. */
  readonly method: string;
  /** As sent, percent-encoded. */
  readonly path: string;
  readonly query: string;
  /** The value of a header by its lower-case name, '' if it is missing. A header sent twice is joined with ", ". */
  header(name: string): string;
}

export function copyRequest(request: HttpRequest): RequestHead {
  const headers = new Map<string, string>();
  request.forEach((name, value) => {
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  });
  return {
    method: request.getCaseSensitiveMethod().toUpperCase(),
    path: request.getUrl(),
    query: request.getQuery() ?? '',
    header: (name) => headers.get(name) ?? '',
  };
}

/** Whether a body follows the head. */
export function hasBody(head: RequestHead): boolean {
  const length = head.header('content-length');
  return head.header('transfer-encoding') !== '' || (length !== '' && Number(length) !== 0);
}

/** Why the body's type is refused with 415, or `undefined` if it is JSON. */
export function contentTypeFault(head: RequestHead): string | undefined {
  const type = head.header('content-type');
  if (!/^application\/json *(;.*)?$/i.test(type)) {
    return `the body must be application/json, not ${type === '' ? 'without a content-type' : JSON.stringify(type.slice(0, 100))}`;
  }
  const charset = /;\s*charset="?([^";\s]+)/i.exec(type)?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset))
    return `the body must be UTF-8, not ${JSON.stringify(charset.slice(0, 40))}`;
  const encoding = head.header('content-encoding');
  return encoding === '' || /^identity$/i.test(encoding)
    ? undefined
    : `a body in the encoding ${JSON.stringify(encoding.slice(0, 40))} is not accepted`;
}
