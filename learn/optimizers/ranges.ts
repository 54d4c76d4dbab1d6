/** What hyper-parameters may be: each check says what is wrong, or nothing. */

/** Comparisons would take the text "0.9" for a number, and the graph would be written with it. */
function within(value: number, fits: (value: number) => boolean): boolean {
  return typeof value === 'number' && fits(value);
}

/** A decay of a running mean: 1 would never take in anything new. */
export function decay(name: string, value: number): string | undefined {
  return within(value, (x) => x >= 0 && x < 1) ? undefined : `${name} is from 0 to below 1, not ${value}`;
}

export function notNegative(name: string, value: number): string | undefined {
  return within(value, (x) => x >= 0 && x < Number.POSITIVE_INFINITY) ? undefined : `${name} is >= 0, not ${value}`;
}

export function share(name: string, value: number): string | undefined {
  return within(value, (x) => x >= 0 && x <= 1) ? undefined : `${name} is from 0 to 1, not ${value}`;
}

/** What most rules have. */
export function meanAndSquare(hyper: {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}): string | undefined {
  return (
    decay('beta1', hyper.beta1) ??
    decay('beta2', hyper.beta2) ??
    notNegative('epsilon', hyper.epsilon) ??
    notNegative('weightDecay', hyper.weightDecay)
  );
}
