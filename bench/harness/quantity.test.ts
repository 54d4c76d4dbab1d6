import { expect, it } from 'vitest';
import { formatQuantity } from './quantity.js';

it.each([
  [12.345678, 'seconds', '12.35 s'],
  [0.0123, 'seconds', '12.3 ms'],
  [0.00000271, 'seconds', '2.71 us'],
  [3e-10, 'seconds', '0.3 ns'],
  [0, 'seconds', '0 ns'],
  [231_456_789, 'bytes', '231.5 MB'],
  [1_500_000_000, 'bytes', '1.5 GB'],
  [999, 'bytes', '999 B'],
  [0, 'bytes', '0 B'],
  [1_234_567.8, 'events/s', '1234568 events/s'],
  [0.5, 'steps/s', '0.5 steps/s'],
])('%d %s is written %s', (value, unit, expected) => {
  expect(formatQuantity(value, unit)).toBe(expected);
});
