/** Which batches of an epoch change the weights, where gradients of several are added up. */

/** Updates of the weights in an epoch of so many batches. */
export function updatesPerEpoch(batches: number, accumulate = 1): number {
  return Math.ceil(batches / accumulate);
}

/** The update, from 0 in its epoch, that a batch (from 0) is part of. */
export function updateOf(batch: number, accumulate = 1): number {
  return Math.floor(batch / accumulate);
}

/** Whether a batch completes its update: the last of an epoch does, however few came before it. */
export function completesUpdate(batch: number, batches: number, accumulate = 1): boolean {
  return (batch + 1) % accumulate === 0 || batch + 1 === batches;
}
