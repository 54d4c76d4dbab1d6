/** What went wrong in many trials: counted for the row, and told in its note. */

/** Findings that a note tells in full. */
const TOLD = 3;

export class Findings<Row extends string> {
  readonly #found = new Map<Row, string[]>();

  /** @param rows every row that may get findings: one without any counts 0 */
  constructor(rows: readonly Row[]) {
    for (const row of rows) this.#found.set(row, []);
  }

  add(row: Row, what: string): void {
    this.#found.get(row)!.push(what);
  }

  /** How many there are, by row. */
  counts(): Readonly<Record<Row, number>> {
    return Object.fromEntries([...this.#found].map(([row, found]) => [row, found.length])) as Record<Row, number>;
  }

  /** The first of them in words; `undefined` where there is none. */
  note(row: Row): string | undefined {
    const found = this.#found.get(row) ?? [];
    if (found.length === 0) return undefined;
    const rest = found.length > TOLD ? ` (and ${found.length - TOLD} more)` : '';
    return found.slice(0, TOLD).join('; ') + rest;
  }
}
