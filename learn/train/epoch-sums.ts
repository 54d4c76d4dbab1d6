/** What is added up over the steps of an epoch, and the figures that it becomes at the end. */

/** Plain data, part of the state of a training. */
export interface EpochSums {
  readonly loss: number;
  readonly correct: number;
  readonly rows: number;
  /** Of the updates whose norm was finite; absent where no norm is computed. */
  readonly gradientNorm?: { readonly sum: number; readonly largest: number; readonly updates: number };
}

export const NO_SUMS: EpochSums = { loss: 0, correct: 0, rows: 0 };

/** What a run of several steps gave. */
export interface RunResults {
  /** Mean loss of each batch. */
  readonly losses: ArrayLike<number>;
  /** Rows of each batch. */
  readonly rows: number;
  /** Rows of all batches whose class was right. */
  readonly correct: number;
  /** Norm of the gradients in each step, where the graph computes it. */
  readonly norms?: ArrayLike<number>;
  /** Whether a step changes the weights. */
  completes(step: number): boolean;
}

/** Added one by one, as single steps would add them: a sum of floating-point numbers depends on its order. */
export function withRun(sums: EpochSums, run: RunResults): EpochSums {
  const { losses, rows, correct, norms } = run;
  let { loss } = sums;
  let gradientNorm = sums.gradientNorm ?? { sum: 0, largest: 0, updates: 0 };
  for (let step = 0; step < losses.length; step++) {
    loss += losses[step]! * rows;
    const norm = norms?.[step];
    // An update whose gradients overflowed is left out, here as in the weights.
    if (norm === undefined || !Number.isFinite(norm) || !run.completes(step)) continue;
    const { sum, largest, updates } = gradientNorm;
    gradientNorm = { sum: sum + norm, largest: Math.max(largest, norm), updates: updates + 1 };
  }
  return {
    loss,
    correct: sums.correct + correct,
    rows: sums.rows + rows * losses.length,
    ...(norms && { gradientNorm }),
  };
}

/**
 * `train_loss`, `train_acc` in percent, and, where norms were computed, `gradient_norm` and `gradient_norm_max`: mean and greatest
 * norm of the gradients over the updates, before it is limited.
 */
export function trainingFigures({ loss, correct, rows, gradientNorm }: EpochSums): Record<string, number> {
  return {
    train_loss: loss / rows,
    train_acc: (100 * correct) / rows,
    ...(gradientNorm &&
      gradientNorm.updates > 0 && {
        gradient_norm: gradientNorm.sum / gradientNorm.updates,
        gradient_norm_max: gradientNorm.largest,
      }),
  };
}
