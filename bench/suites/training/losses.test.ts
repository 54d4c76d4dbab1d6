import { describe, expect, it } from 'vitest';
import { agreement } from './losses.js';

describe('the losses of two sides', () => {
  it('agree by their largest relative difference', () => {
    expect(agreement([2, 1, 0.5], [2, 1.0005, 0.5])).toBeCloseTo(0.0005 / 1.0005, 12);
  });

  it.each([
    ['differ', [2, 1, 0.5], [2, 1, 0.501], /do not train the same: losses 2, 1, 0.5 against the peer's 2, 1, 0.501/],
    ['are no numbers', [2, Number.NaN, 0.5], [2, 1, 0.5], /do not train the same/],
    ['are too few', [2, 1], [2, 1], /must tell 3 losses, not 2 and \[2,1\]/],
    ['are not told', [2, 1, 0.5], undefined, /must tell 3 losses, not 3 and undefined/],
  ])('refuse a comparison when they %s', (_, ours, peers, message) => {
    expect(() => agreement(ours, peers)).toThrow(message);
  });
});
