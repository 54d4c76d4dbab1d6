import fc from 'fast-check';
import { expect, it } from 'vitest';
import { completesUpdate, updateOf, updatesPerEpoch } from './updates.js';

it('completes each update once, the last one with the last batch of the epoch', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 20 }), (batches, accumulate) => {
      const all = Array.from({ length: batches }, (_, batch) => batch);
      const completing = all.filter((batch) => completesUpdate(batch, batches, accumulate));
      expect(completing.map((batch) => updateOf(batch, accumulate))).toEqual([
        ...Array(updatesPerEpoch(batches, accumulate)).keys(),
      ]);
      expect(completing.at(-1)).toBe(batches - 1);
    }),
  );
});

it('is every batch where nothing is added up', () => {
  expect(updatesPerEpoch(7)).toBe(7);
  expect(completesUpdate(0, 7)).toBe(true);
  expect(updateOf(3)).toBe(3);
});
