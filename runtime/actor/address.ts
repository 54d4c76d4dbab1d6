/** Where an actor is. Plain data, so it can travel inside messages; `context.ref(address)` makes it callable again. */
export interface Address {
  /** The thread: 0 is the one that created the kernel. */
  readonly host: number;
  /** The actor within its host. */
  readonly actor: number;
}

export const KERNEL_HOST = 0;

/** Actors that the kernel orders a host to start are numbered from here on; those that a host starts itself, from 1. */
export const FIRST_ORDERED_ACTOR = 1_000_000_000;

export function addressKey(address: Address): string {
  return `${address.host}.${address.actor}`;
}
