import { describe, expect, it } from 'vitest';
import { Pace } from './pace.js';

describe('a pace', () => {
  it('lets the first through, then one an interval', () => {
    const pace = new Pace<number>(1000);
    const passed = [0, 400, 999, 1000, 1500, 2100]
      .map((now) => pace.offer(now, now))
      .filter((item) => item !== undefined);
    expect(passed).toEqual([0, 1000, 2100]);
  });

  it('keeps the newest that was held back, and gives it once', () => {
    const pace = new Pace<string>(1000);
    pace.offer('a', 0);
    pace.offer('b', 10);
    pace.offer('c', 20);
    expect([pace.release(), pace.release()]).toEqual(['c', undefined]);
  });

  it('holds nothing back that has been overtaken', () => {
    const pace = new Pace<string>(1000);
    pace.offer('a', 0);
    pace.offer('b', 10);
    pace.offer('c', 1000);
    expect(pace.release()).toBeUndefined();
  });
});
