/** Finds the route of a path: a pure table of patterns such as `/runs/{run_id}/events`. */
import { HttpError } from '../errors.js';

export interface Match<Entry> {
  /** What was registered under the pattern, by method. */
  readonly methods: ReadonlyMap<string, Entry>;
  /** Values of the pattern's names, decoded. */
  readonly params: Readonly<Record<string, string>>;
}

interface Row<Entry> {
  readonly pattern: readonly string[];
  readonly methods: Map<string, Entry>;
}

export class Router<Entry> {
  readonly #rows = new Map<string, Row<Entry>>();
  #ordered: readonly Row<Entry>[] | undefined;

  /** @throws Error if method and pattern are taken: one of two routes would never be called. */
  add(method: string, pattern: string, entry: Entry): void {
    const row = this.#rows.get(pattern) ?? { pattern: segmentsOf(pattern), methods: new Map<string, Entry>() };
    if (row.methods.has(method)) throw new Error(`two routes for ${method} ${pattern}`);
    row.methods.set(method, entry);
    this.#rows.set(pattern, row);
    this.#ordered = undefined;
  }

  /**
   * The most literal pattern that fits the path: `/nodes` before `/{id}`. One slash at the end makes no difference.
   * @throws HttpError 400 for a percent-encoding that is none
   */
  find(path: string): Match<Entry> | undefined {
    this.#ordered ??= [...this.#rows.values()].sort(byLiteralsFirst);
    const segments = segmentsOf(path);
    for (const { pattern, methods } of this.#ordered) {
      if (pattern.length !== segments.length) continue;
      if (!pattern.every((part, at) => (isName(part) ? segments[at] !== '' : part === segments[at]))) continue;
      const params = pattern.flatMap((part, at) =>
        isName(part) ? [[part.slice(1, -1), decoded(segments[at]!)] as const] : [],
      );
      return { methods, params: Object.fromEntries(params) };
    }
    return undefined;
  }
}

function segmentsOf(path: string): string[] {
  const trimmed = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  return trimmed.split('/').slice(1);
}

function isName(part: string): boolean {
  return part.startsWith('{');
}

function byLiteralsFirst<Entry>(a: Row<Entry>, b: Row<Entry>): number {
  const rank = (row: Row<Entry>): string => row.pattern.map((part) => (isName(part) ? '1' : '0')).join('');
  return rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new HttpError(400, 'the path holds a percent-encoding that is not valid UTF-8');
  }
}
