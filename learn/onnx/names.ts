/** The names of a graph: readable, and every one used once. */
import { OnnxError } from './error.js';

export class Names {
  readonly #taken = new Set<string>();
  readonly #reserved = new Set<string>();
  /** The last number tried for a name, so that the thousandth `Mul` does not ask for the first 999 again. */
  readonly #last = new Map<string, number>();
  #scope = '';
  #symbols = 0;

  /** @throws OnnxError when something already has that name */
  claim(name: string): void {
    if (name === '') throw new OnnxError('a value of the graph has no name');
    if (this.#taken.has(name)) throw new OnnxError(`two values of the graph are called "${name}": rename one of them`);
    this.#taken.add(name);
  }

  has(name: string): boolean {
    return this.#taken.has(name);
  }

  /** Keeps a name that is claimed later from being made up before. */
  reserve(name: string): void {
    this.#reserved.add(name);
  }

  /** A name in the present scope that nothing has: `scope/Mul`, `scope/Mul_2`, ... It still has to be claimed. */
  free(base: string): string {
    return this.unused(this.#scope + base);
  }

  /** A name that nothing has, whatever the scope: `full`, `full_2`, ... It still has to be claimed. */
  unused(full: string): string {
    let number = this.#last.get(full) ?? 0;
    let name: string;
    do {
      number += 1;
      name = number === 1 ? full : `${full}_${number}`;
    } while (this.#taken.has(name) || this.#reserved.has(name));
    this.#last.set(full, number);
    return name;
  }

  /** Names made up by `work` start with `scope/`. */
  within<T>(scope: string, work: () => T): T {
    const outer = this.#scope;
    this.#scope = `${scope}/`;
    try {
      return work();
    } finally {
      this.#scope = outer;
    }
  }

  /** Makes up no symbol that `other` made up: its symbols keep their meaning here. */
  continueSymbols(other: Names): void {
    this.#symbols = Math.max(this.#symbols, other.#symbols);
  }

  /** A symbol for an extent that only the run can tell. */
  symbol(): string {
    this.#symbols += 1;
    return `unknown_${this.#symbols}`;
  }
}
