/** The numbers of the suite. */

/** A round has as many steps as fill this time, in seconds. */
export const ROUND_SECONDS = 1;
/** The same for `--quick`. */
export const QUICK_ROUND_SECONDS = 0.05;
/** And at least so many: one long step takes whatever else happens on the machine in that second. */
export const LEAST_ROUND_STEPS = 3;
/** The same for `--quick`. */
export const QUICK_LEAST_ROUND_STEPS = 1;
/** Steps whose losses both sides must agree on before anything is timed. */
export const CHECKED_STEPS = 3;
/** By how much they may differ, relative to the peer's. */
export const LOSS_TOLERANCE = 1e-3;
/** What our side may spend outside ONNX Runtime. */
export const LARGEST_OUTSIDE = 0.05;
/** The least ratio of any row. */
export const ROW_FLOOR = 0.4;
/** The least geometric mean of the rows, and the one we want, by the number of threads. */
export const MEAN_FLOORS: Readonly<Record<number, { readonly floor: number; readonly goal: number }>> = {
  1: { floor: 0.8, goal: 1 },
  2: { floor: 0.6, goal: 0.9 },
};
/** Limit for building a network, loading its graph and finding how many steps fill a round, in ms. */
export const OPEN_DEADLINE = 300_000;
