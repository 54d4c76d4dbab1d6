import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_SUMS, type RunResults, trainingFigures, withRun } from './epoch-sums.js';

const always = () => true;

describe('the sums of an epoch', () => {
  it('do not depend on how its steps were parted into runs, to the last bit', () => {
    const number = fc.float({ min: 0, max: 1000, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number), { minLength: 1, maxLength: 12 }), fc.nat(12), (steps, cut) => {
        const run = (part: typeof steps): RunResults => ({
          losses: part.map(([loss]) => loss),
          norms: part.map(([, norm]) => norm),
          rows: 8,
          correct: part.length,
          completes: always,
        });
        const parts = [steps.slice(0, cut), steps.slice(cut)].filter((part) => part.length > 0);
        expect(parts.reduce((sums, part) => withRun(sums, run(part)), NO_SUMS)).toEqual(withRun(NO_SUMS, run(steps)));
      }),
    );
  });

  it('become means over rows, and norms over the updates that were finite and complete', () => {
    const sums = withRun(NO_SUMS, {
      losses: [1, 2, 3, 4],
      norms: [1, 5, Number.POSITIVE_INFINITY, 3],
      rows: 10,
      correct: 30,
      completes: (step) => step !== 1,
    });
    expect(trainingFigures(sums)).toEqual({ train_loss: 2.5, train_acc: 75, gradient_norm: 2, gradient_norm_max: 3 });
  });

  it('have no norm where none is computed, or none was finite', () => {
    const run = { losses: [1], rows: 1, correct: 1, completes: always };
    expect(trainingFigures(withRun(NO_SUMS, run))).toEqual({ train_loss: 1, train_acc: 100 });
    expect(trainingFigures(withRun(NO_SUMS, { ...run, norms: [Number.NaN] }))).not.toHaveProperty('gradient_norm');
  });
});
