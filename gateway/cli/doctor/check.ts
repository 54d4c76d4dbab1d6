/** What `doctor` looks at, and what it can find. */

/**
 * - `ok`: was tried, and works.
 * - `not available`: is not there on this machine, and nothing claims that it should be.
 * - `problem`: should work and does not.
 */
export type CheckState = 'ok' | 'not available' | 'problem';

export interface Finding {
  readonly state: CheckState;
  /** What was found, in a line. */
  readonly detail: string;
  /** How to mend it, where it is not ok. */
  readonly remedy?: string;
}

export interface DoctorCheck {
  readonly name: string;
  /** Whether nothing can be run without it. */
  readonly needed: boolean;
  /** May throw: that is a problem, told in the error's words. */
  check(): Promise<Finding>;
}

export interface CheckResult extends Finding {
  readonly name: string;
  readonly needed: boolean;
}

/** Makes a check, and a finding of anything that it throws. */
export async function runCheck({ name, needed, check }: DoctorCheck): Promise<CheckResult> {
  try {
    return { name, needed, ...(await check()) };
  } catch (error) {
    return { name, needed, state: 'problem', detail: error instanceof Error ? error.message : String(error) };
  }
}

/** Whether everything that is needed works. */
export function isWell(results: readonly CheckResult[]): boolean {
  return results.every(({ needed, state }) => !needed || state === 'ok');
}
