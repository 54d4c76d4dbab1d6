import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPatients } from './fixtures/patients.js';
import { correctRows, softmaxRows, validationFigures } from './validation.js';

const logits = fc.array(
  fc.tuple(fc.double({ min: -1e4, max: 1e4, noNaN: true }), fc.double({ min: -1e4, max: 1e4, noNaN: true })),
  {
    minLength: 1,
    maxLength: 20,
  },
);

describe('softmax', () => {
  it('gives rows that add up to 1, however large the logits are, and does not mind a shift', () => {
    fc.assert(
      fc.property(logits, fc.double({ min: -100, max: 100, noNaN: true }), (rows, shift) => {
        const plain = softmaxRows(rows.flat(), 2);
        const shifted = softmaxRows(
          rows.flat().map((value) => value + shift),
          2,
        );
        for (let row = 0; row < rows.length; row++) {
          expect(plain[2 * row]! + plain[2 * row + 1]!).toBeCloseTo(1, 12);
          expect(shifted[2 * row]!).toBeCloseTo(plain[2 * row]!, 9);
        }
      }),
    );
    expect([...softmaxRows([0, Math.log(3)], 2)].map((value) => Number(value.toFixed(12)))).toEqual([0.25, 0.75]);
  });
});

describe('the rows that are right', () => {
  it.each([
    [[1, 0, 0, 1], [0, 1], 2],
    [[1, 0, 0, 1], [1, 0], 0],
    [[1, 1, 1, 1], [0, 1], 1],
  ])('of %j for %j are %i', (values, labels, expected) => {
    expect(correctRows(values, labels, 2)).toBe(expected);
    expect(correctRows(values, labels.map(BigInt), 2)).toBe(expected);
  });
});

describe('the figures of an epoch', () => {
  it('are the mean cross-entropy, percent right, and the others from 0 to 1', () => {
    const dataset = readPatients();
    const labels = [...dataset.labels.data];
    // Sure and right in all rows but the first.
    const values = labels.flatMap((label, row) => [label === 0, label === 1].map((own) => (own === row > 0 ? 3 : 0)));
    const figures = validationFigures(values, dataset);
    const [right, wrong] = [Math.log(1 + Math.exp(-3)), Math.log(1 + Math.exp(3))];
    expect(figures['val_loss']).toBeCloseTo((right * (labels.length - 1) + wrong) / labels.length, 9);
    expect(figures['val_acc']).toBeCloseTo((100 * (labels.length - 1)) / labels.length, 9);
    for (const [name, value] of Object.entries(figures)) {
      if (name === 'val_loss' || name === 'val_acc') continue;
      expect(value, name).toBeGreaterThanOrEqual(0);
      expect(value, name).toBeLessThanOrEqual(1);
    }
  });
});
