import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adapted, FIRST_WINDOW, type Window } from './window.js';

/** The window after reports of nodes that take so long each, in ms, every one as large as the window. */
function grown(reports: number, cost: number, from: Window = FIRST_WINDOW): Window {
  let window = from;
  for (let report = 0; report < reports; report++) window = adapted(window, window.size, window.size * cost);
  return window;
}

describe('the window of a thread', () => {
  it('grows to thousands of nodes that take no time', () => {
    expect(grown(20, 0.0001).size).toBe(4096);
  });

  it('holds two of those that compute for long', () => {
    expect(grown(5, 5).size).toBe(2);
  });

  it('holds what fills two milliseconds in between', () => {
    expect(grown(20, 0.1).size).toBe(20);
  });

  it('doubles at most from report to report', () => {
    expect([1, 2, 3].map((reports) => grown(reports, 0.0001).size)).toEqual([8, 16, 32]);
  });

  it('soon forgets a first report that took long over one node', () => {
    const loading = adapted(FIRST_WINDOW, 1, 50);
    expect(loading.size).toBe(2);
    expect(grown(16, 0.0001, loading).size).toBe(4096);
  });

  it('does not change while nothing ends', () => {
    expect(adapted(FIRST_WINDOW, 0, 7)).toBe(FIRST_WINDOW);
  });

  it('stays between two nodes and 4,096, whatever is told', () => {
    const reports = fc.array(fc.tuple(fc.nat(10_000), fc.double({ min: 0, max: 1e6, noNaN: true })), { maxLength: 40 });
    fc.assert(
      fc.property(reports, (told) => {
        let window = FIRST_WINDOW;
        for (const [ended, busy] of told) {
          window = adapted(window, ended, busy);
          expect(window.size).toBeGreaterThanOrEqual(2);
          expect(window.size).toBeLessThanOrEqual(4096);
        }
      }),
    );
  });
});
