import { expect, test } from 'vitest';
import { refuseDiverged } from './diverged.js';
import { SETTINGS } from './fixtures/patients.js';

const place = { epoch: 2, step: 3 };
const refuse = (values: number[], precision?: 'mixed') =>
  refuseDiverged([{ data: new Float32Array(2) }, { data: Float32Array.from(values) }], 'a weight', place, {
    ...SETTINGS,
    ...(precision && { precision }),
  });

test('numbers pass', () => {
  expect(() => refuse([1, -3e38, 0])).not.toThrow();
});

test.each([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])('%s among them is refused, with the place and a way out', (name, value) => {
  expect(() => refuse([1, value])).toThrow(
    `a weight became ${name} after 2 epochs and 3 steps: lower the learning rate (0.01)`,
  );
});

test('mixed precision is a suspect where it is used', () => {
  expect(() => refuse([Number.NaN], 'mixed')).toThrow(/leave out use_amp/);
  expect(() => refuse([Number.NaN])).not.toThrow(/use_amp/);
});
