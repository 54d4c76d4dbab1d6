/** A bounded queue of messages: a ring that doubles until its capacity, so that an idle actor costs almost nothing. */
const SMALLEST = 8;

export class Mailbox<T> {
  readonly capacity: number;
  #ring: (T | undefined)[] = new Array<T | undefined>(SMALLEST);
  #head = 0;
  #size = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds at the end; false when the mailbox is full and the message was not taken. With `always` it is taken all the same. */
  push(item: T, always = false): boolean {
    if (this.#size >= this.capacity && !always) return false;
    if (this.#size === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#size) & (this.#ring.length - 1)] = item;
    this.#size += 1;
    return true;
  }

  /** Takes from the front; undefined when empty. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#size -= 1;
    return item;
  }

  #grow(): void {
    const next = new Array<T | undefined>(this.#ring.length * 2);
    for (let index = 0; index < this.#size; index++)
      next[index] = this.#ring[(this.#head + index) & (this.#ring.length - 1)];
    this.#ring = next;
    this.#head = 0;
  }
}
