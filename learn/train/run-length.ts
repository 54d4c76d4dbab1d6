/** How many steps one run makes: as many as keep it short, since nothing can be said to a training in the middle of a run. */

/** What a run may take, in ms: a pause takes effect after the run under way. */
const TARGET_MS = 40;
const MOST_STEPS = 256;

/** Numbers that the batches of one run hold together: 16 MB. */
export const ELEMENTS_A_RUN = 2 ** 22;

/** Follows how long steps take. The number of steps decides only how often one is asked, never what is computed. */
export class RunLength {
  #millisecondsAStep: number | undefined;

  /** Steps of the next run, at least 1; the first run makes one, to see how long it takes. */
  get steps(): number {
    if (this.#millisecondsAStep === undefined) return 1;
    return Math.max(1, Math.min(MOST_STEPS, Math.floor(TARGET_MS / this.#millisecondsAStep)));
  }

  saw(steps: number, milliseconds: number): void {
    const measured = Math.max(milliseconds / steps, 1e-3);
    const before = this.#millisecondsAStep;
    // Half of the old measurement: one slow run does not shorten all that follow, and a machine that gets busy is noticed.
    this.#millisecondsAStep = before === undefined ? measured : (before + measured) / 2;
  }
}
