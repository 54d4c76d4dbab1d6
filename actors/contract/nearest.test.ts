import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest, suggestion } from './nearest.js';

const KEYS = ['epochs', 'batch_size', 'learning_rate', 'optimizer', 'weight_decay'];

describe('nearest', () => {
  it.each([
    ['epoch', 'epochs'],
    ['epcohs', 'epochs'],
    ['batchSize', 'batch_size'],
    ['Batch-Size', 'batch_size'],
    ['learningrate', 'learning_rate'],
    ['optimiser', 'optimizer'],
    ['wieght_decay', 'weight_decay'],
  ])('takes %s for %s', (word, known) => {
    expect(nearest(word, KEYS)).toBe(known);
  });

  it.each(['', 'x', 'temperature', 'epochsepochsepochs'])(
    'names nothing for %j, which is like none of them',
    (word) => {
      expect(nearest(word, KEYS)).toBeUndefined();
    },
  );

  it('takes the first of equally close words', () => {
    expect(nearest('tram', ['trim', 'tray'])).toBe('trim');
  });

  it('answers at once for a megabyte of text', () => {
    expect(nearest('a'.repeat(1_000_000), KEYS)).toBeUndefined();
  });
});

describe('suggestion', () => {
  it('names the nearest word, or else lists the known ones', () => {
    expect(suggestion('epoch', KEYS)).toBe('Did you mean "epochs"?');
    expect(suggestion('temperature', ['a', 'b'])).toBe('Known: a, b.');
    expect(suggestion('temperature', [])).toContain('leave it out');
    expect(
      suggestion(
        'temperature',
        Array.from({ length: 40 }, (_, index) => `k${index}`),
      ),
    ).toContain('and 10 more');
  });
});

describe('editDistance', () => {
  const word = fc.string({ maxLength: 12, unit: fc.constantFrom('a', 'b', 'c') });

  it('is 0 exactly for equal words, symmetric, and between the difference and the maximum of the lengths', () => {
    fc.assert(
      fc.property(word, word, (left, right) => {
        const distance = editDistance(left, right);
        expect(distance === 0).toBe(left === right);
        expect(editDistance(right, left)).toBe(distance);
        expect(distance).toBeGreaterThanOrEqual(Math.abs(left.length - right.length));
        expect(distance).toBeLessThanOrEqual(Math.max(left.length, right.length));
      }),
    );
  });

  it('counts a swap of neighbours as one change', () => {
    expect(editDistance('epcohs', 'epochs')).toBe(1);
    expect(editDistance('kitten', 'sitting')).toBe(3);
  });
});
