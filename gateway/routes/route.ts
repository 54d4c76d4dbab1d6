/** What a route is: method, path, schemas, and the call it makes. The table of them is the whole HTTP interface. */
import type { z } from 'zod';
import type { Backend, ValidationIssue } from '../backend.js';
import { InvalidInput, issuesOf } from '../errors.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a handler may use. */
export interface Services {
  readonly backend: Backend;
  readonly version: string;
  readonly readyMs: number;
}

/** JSON that is text already: stored events are not parsed only to be written again. */
export class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type RouteResult = Record<string, unknown> | RawJson;

/** What came with the request, not yet checked. `body` is `undefined` when none was sent. */
export interface RawInput {
  readonly path: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/** A section without schema is not looked at: its input is `undefined`. */
export interface RouteDefinition<Path, Query, Body> {
  readonly method: Method;
  /** Relative to the group, with `{name}` for a parameter; '' for the group itself. */
  readonly path: string;
  /** One line for the generated description of the interface. */
  readonly summary: string;
  readonly params?: z.ZodType<Path>;
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  handle(
    input: { readonly path: Path; readonly query: Query; readonly body: Body },
    services: Services,
  ): Promise<RouteResult>;
}

/** A route whose types are checked and forgotten, so that all of them fit one table. */
export interface Route {
  readonly method: Method;
  readonly path: string;
  readonly summary: string;
  readonly schemas: Readonly<Partial<Record<'path' | 'query' | 'body', z.ZodType>>>;
  /** @throws InvalidInput with the faults of path, query and body together */
  serve(raw: RawInput, services: Services): Promise<RouteResult>;
}

export function route<Path = undefined, Query = undefined, Body = undefined>(
  definition: RouteDefinition<Path, Query, Body>,
): Route {
  const { method, path, summary, params, query, body } = definition;
  return {
    method,
    path,
    summary,
    schemas: { ...(params && { path: params }), ...(query && { query }), ...(body && { body }) },
    async serve(raw, services) {
      const issues: ValidationIssue[] = [];
      const check = <T>(schema: z.ZodType<T> | undefined, section: keyof RawInput): T => {
        const input = raw[section];
        const result = schema?.safeParse(input);
        if (result?.success === false) {
          const missing = section === 'body' && input === undefined;
          issues.push(
            ...(missing
              ? [{ loc: ['body'], msg: 'Field required', type: 'missing' }]
              : issuesOf(result.error, section, input)),
          );
        }
        return result?.data as T;
      };
      const input = { path: check(params, 'path'), query: check(query, 'query'), body: check(body, 'body') };
      if (issues.length > 0) throw new InvalidInput(issues);
      return definition.handle(input, services);
    },
  };
}
