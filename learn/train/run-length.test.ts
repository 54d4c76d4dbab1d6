import { expect, test } from 'vitest';
import { RunLength } from './run-length.js';

test('the first run makes one step', () => {
  expect(new RunLength().steps).toBe(1);
});

test.each([
  ['short steps are put together up to 40 ms', 0.5, 80],
  ['long ones stay alone', 90, 1],
  ['the shortest up to 256', 0.0001, 256],
])('%s', (_, milliseconds, expected) => {
  const length = new RunLength();
  for (let run = 0; run < 20; run++) length.saw(length.steps, length.steps * milliseconds);
  expect(length.steps).toBe(expected);
});

test('a machine that becomes busy shortens the runs', () => {
  const length = new RunLength();
  length.saw(1, 1);
  length.saw(40, 400);
  expect(length.steps).toBeLessThan(10);
});
