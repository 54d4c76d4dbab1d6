/** Whether two sides train the same: a comparison of times between different computations would say nothing. */
import { CHECKED_STEPS, LOSS_TOLERANCE } from './defaults.js';

/**
 * @returns the largest difference, relative to the peer's losses
 * @throws Error when there are too few losses, one is no number, or they differ too much
 */
export function agreement(ours: readonly number[], peers: unknown): number {
  if (!Array.isArray(peers) || peers.length !== CHECKED_STEPS || ours.length !== CHECKED_STEPS)
    throw new Error(`both sides must tell ${CHECKED_STEPS} losses, not ${ours.length} and ${JSON.stringify(peers)}`);
  const differences = ours.map((loss, step) => Math.abs(loss - Number(peers[step])) / Math.abs(Number(peers[step])));
  const largest = Math.max(...differences);
  // Not `largest > tolerance`: NaN is no agreement.
  if (largest <= LOSS_TOLERANCE) return largest;
  throw new Error(
    `the two sides do not train the same: losses ${ours.join(', ')} against the peer's ${peers.join(', ')}; no time is comparable`,
  );
}
