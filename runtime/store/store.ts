/** The store as its users see it. What is handed in while a commit is under way goes into the next one: a group a disk sync. */
import type { ActorRef } from '../actor/ref.js';
import type { Bindable, Operation, Row } from './database.js';
import type { StoreMessage } from './store-actor.js';

interface Waiting {
  /** Must not be stored if one before it could not be. */
  readonly ordered: boolean;
  readonly operations: readonly Operation[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class Store {
  readonly #actor: ActorRef<StoreMessage>;
  #waiting: Waiting[] = [];
  #committing: Promise<void> | undefined;

  constructor(actor: ActorRef<StoreMessage>) {
    this.#actor = actor;
  }

  /** Resolves when the operations are on the disk. Commits take effect in the order of the calls. */
  commit(operations: readonly Operation[], { ordered = false } = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ operations, ordered, resolve, reject });
      // From here to the end of this turn everything joins the same group.
      this.#committing ??= Promise.resolve().then(() => this.#drain());
    });
  }

  query(statement: string, parameters: readonly Bindable[] = []): Promise<Row[]> {
    return this.#actor.ask<Row[]>({ type: 'query', statement, parameters });
  }

  /** Resolves when nothing waits any more. */
  async flush(): Promise<void> {
    while (this.#committing) await this.#committing;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      try {
        await this.#send(group.flatMap((waiting) => waiting.operations));
        for (const waiting of group) waiting.resolve();
      } catch (error) {
        if (group.length === 1) group[0]!.reject(error);
        // One that cannot be stored must not take the others of its group with it.
        else await this.#sendSingly(group);
      }
    }
    this.#committing = undefined;
  }

  async #sendSingly(group: readonly Waiting[]): Promise<void> {
    let gap: unknown;
    for (const { operations, ordered, resolve, reject } of group) {
      if (ordered && gap !== undefined) {
        reject(gap);
        continue;
      }
      await this.#send(operations).then(resolve, (error: unknown) => {
        if (ordered) gap = error;
        reject(error);
      });
    }
  }

  #send(operations: readonly Operation[]): Promise<void> {
    return this.#actor.ask<void>({ type: 'commit', operations }, { timeout: Number.POSITIVE_INFINITY });
  }
}
