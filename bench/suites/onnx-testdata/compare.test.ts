import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../../runtime/tensor.js';
import { difference, isJump, isSlope, isSmooth, numbersOf, slopesOf } from './compare.js';

const float32 = (shape: readonly number[], ...values: number[]): Tensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
});

test('float16 is decoded', () => {
  const data = Uint16Array.of(0x3c00, 0xc000, 0x7c00, 0xfc00, 0x0001, 0x7e00, 0x3555);
  expect(numbersOf({ dtype: 'float16', shape: [7], data })).toEqual([
    1,
    -2,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    2 ** -24,
    Number.NaN,
    0.333251953125,
  ]);
});

test.each<[string, Tensor | undefined, Tensor, string | undefined]>([
  ['equal', float32([2], 1, Number.NaN), float32([2], 1, Number.NaN), undefined],
  ['close', float32([1], 1.0005), float32([1], 1), undefined],
  ['apart', float32([2], 1, 1.01), float32([2], 1, 1), 'element 1 is 1.0099999904632568, not 1'],
  ['not a number', float32([1], Number.NaN), float32([1], 1), 'element 0 is NaN, not 1'],
  ['missing', undefined, float32([1], 1), 'it is missing'],
  ['of another shape', float32([1, 1], 1), float32([1], 1), 'its shape is [1,1], not [1]'],
  [
    'of another type',
    { dtype: 'int32', shape: [1], data: Int32Array.of(1) },
    float32([1], 1),
    'its type is int32, not float32',
  ],
])('tensors that are %s', (_, actual, expected, found) => {
  expect(difference(actual, expected)).toBe(found);
});

describe('a slope', () => {
  const along = (f: (t: number) => number, step: number) => slopesOf([f(-step), f(0), f(step)], step);

  test('of a smooth function is its derivative and nothing else', () => {
    const slopes = along((t) => Math.sin(1 + t), 1e-6);
    expect(isSmooth(slopes, 1e-5)).toBe(true);
    expect(isSlope(Math.cos(1), slopes, 1e-6)).toBe(true);
    expect(isSlope(Math.cos(1) + 1e-4, slopes, 1e-6)).toBe(false);
  });

  test('at a kink is any subgradient', () => {
    const slopes = along((t) => Math.max(0, t), 1e-6);
    expect(isSmooth(slopes, 1e-5)).toBe(false);
    for (const subgradient of [0, 0.5, 1]) expect(isSlope(subgradient, slopes, 1e-6)).toBe(true);
    expect(isSlope(1.1, slopes, 1e-6)).toBe(false);
    expect(isSlope(-0.1, slopes, 1e-6)).toBe(false);
  });

  test('at a jump is told from a steep one', () => {
    const step = 1e-6;
    const far = (f: (t: number) => number) => [f(-10 * step), f(10 * step)] as const;
    expect(isJump(along(Math.sign, step), step, far(Math.sign))).toBe(true);
    const steep = (t: number) => 1e6 * t;
    expect(isJump(along(steep, step), step, far(steep))).toBe(false);
  });
});
