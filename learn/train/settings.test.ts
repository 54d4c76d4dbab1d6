import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SETTINGS } from './fixtures/patients.js';
import { learningRateAt } from './settings.js';

describe('the learning rate', () => {
  it('is the same in every step where it is constant', () => {
    const constant = { ...SETTINGS, schedule: { type: 'constant' } } as const;
    fc.assert(fc.property(fc.nat(100), (step) => learningRateAt(constant, step, 100) === SETTINGS.learningRate));
  });

  it('falls along half a cosine from the whole to nothing', () => {
    expect(learningRateAt(SETTINGS, 0, 100)).toBe(SETTINGS.learningRate);
    expect(learningRateAt(SETTINGS, 50, 100)).toBeCloseTo(SETTINGS.learningRate / 2, 12);
    expect(learningRateAt(SETTINGS, 100, 100)).toBeCloseTo(0, 12);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.nat(10_000), (total, place) => {
        const step = place % total;
        expect(learningRateAt(SETTINGS, step + 1, total)).toBeLessThan(learningRateAt(SETTINGS, step, total));
      }),
    );
  });

  it('is that of the first release to the last bit, so that a run can be repeated', () => {
    const rate = fc.double({ min: 1e-9, max: 10, noNaN: true });
    fc.assert(
      fc.property(rate, fc.integer({ min: 1, max: 5000 }), fc.nat(5000), (learningRate, total, step) => {
        const expected = (learningRate / 2) * (1 + Math.cos((Math.PI * step) / total));
        return learningRateAt({ ...SETTINGS, learningRate }, step, total) === expected;
      }),
    );
  });
});
