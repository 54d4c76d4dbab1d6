/** The kernel's numbers, with what each of them is for. */

/** Messages that may wait for one actor before its mailbox refuses more. */
export const MAILBOX_CAPACITY = 100_000;

/** How long an `ask` waits for its answer, in ms, unless it says otherwise. */
export const ASK_TIMEOUT_MS = 30_000;

/** How long an actor has to stop, in ms: several runs of at most 100 ms, a checkpoint, and room for a slow disk. */
export const STOP_DEADLINE_MS = 10_000;

/** Time that actors of one thread may work before the thread looks at its ports and timers again, in ms. */
export const TURN_BUDGET_MS = 4;

/** Actors that one host can be told to stop through shared memory at the same time. */
export const CONTROL_SLOTS = 4096;

/** How often a thread that is to be ended is tried again while it is inside native code, in ms. */
export const QUARANTINE_RETRY_MS = 50;

/** Priority of threads that compute, on Linux: they yield to the threads that answer clients. 0 is normal, 19 the lowest. */
export const HEAVY_NICENESS = 10;
