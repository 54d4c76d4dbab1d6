/** The numbers of the harness. */

/** Rounds that count, for a figure that may be quoted. 15 give an exact 96.5 % interval of the median. */
export const FULL_ROUNDS = 15;
/** Rounds of `--quick`: they show that a suite works, and nothing else. */
export const QUICK_ROUNDS = 5;
/** Rounds before those that count: caches, lazy imports and the compiler's tiers settle. */
export const WARM_UPS = 1;
/** Limit for one measurement, in ms. */
export const ROUND_DEADLINE = 120_000;
/** A peer whose own spread (see `relativeSpread`) is above this share gives no comparison: the row is void. */
export const VOID_SPREAD = 0.15;
/** A one-minute load average from here on, before the first round, counts as other load: half a core was busy. */
export const OTHER_LOAD = 0.5;
/** Limit for a child process to say that it is ready, in ms: importing a large Python library takes its time. */
export const CHILD_START_DEADLINE = 120_000;
/** How long a child process may take to end by itself, and then again after SIGTERM, in ms. */
export const CHILD_STOP_DEADLINE = 5_000;
