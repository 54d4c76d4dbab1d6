/** Lets a line through at most every so often, and keeps the newest that was held back. */
export class Pace<Item> {
  readonly #interval: number;
  #passedAt = Number.NEGATIVE_INFINITY;
  #held: Item | undefined;

  /** @param interval milliseconds */
  constructor(interval: number) {
    this.#interval = interval;
  }

  /** @returns the item when it may pass now; else it waits, in place of an older one */
  offer(item: Item, now: number): Item | undefined {
    if (now - this.#passedAt < this.#interval) {
      this.#held = item;
      return undefined;
    }
    this.#passedAt = now;
    this.#held = undefined;
    return item;
  }

  /** The newest item that has not passed: the last epoch must be seen, however soon it followed. */
  release(): Item | undefined {
    const held = this.#held;
    this.#held = undefined;
    return held;
  }
}
