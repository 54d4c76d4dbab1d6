/** Comparisons of tensors, and of slopes. */
import type { Tensor } from '../../../runtime/tensor.js';

/** The values as numbers, float16 decoded. */
export function numbersOf({ dtype, data }: Tensor): number[] {
  return dtype === 'float16' ? Array.from(data as Uint16Array, fromHalf) : Array.from(data, Number);
}

function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** How far ONNX's own runner lets outputs differ: `|a - b| <= absolute + relative |b|`. */
const RELATIVE = 1e-3;
const ABSOLUTE = 1e-6;

/** What is wrong with `actual`; `undefined` where it is `expected`. */
export function difference(actual: Tensor | undefined, expected: Tensor): string | undefined {
  if (!actual) return 'it is missing';
  if (actual.dtype !== expected.dtype) return `its type is ${actual.dtype}, not ${expected.dtype}`;
  if (actual.shape.join() !== expected.shape.join()) return `its shape is [${actual.shape}], not [${expected.shape}]`;
  const [a, b] = [numbersOf(actual), numbersOf(expected)];
  const place = a.findIndex((value, index) => {
    const other = b[index]!;
    if (Object.is(value, other) || value === other) return false;
    return !(Math.abs(value - other) <= ABSOLUTE + RELATIVE * Math.abs(other));
  });
  return place < 0 ? undefined : `element ${place} is ${a[place]}, not ${b[place]}`;
}

/** A function along a line, at 0 and at one step before and behind it. */
export interface Slopes {
  readonly before: number;
  readonly behind: number;
}

/** From the values at `-step`, 0 and `step`. */
export function slopesOf(values: readonly [number, number, number], step: number): Slopes {
  const [low, middle, high] = values;
  return { before: (middle - low) / step, behind: (high - middle) / step };
}

/**
 * Whether `slope` is a derivative of the function: its central difference, or, at a kink, anything between the slopes on both sides,
 * which are the subgradients.
 */
export function isSlope(slope: number, { before, behind }: Slopes, tolerance: number): boolean {
  const [low, high] = [Math.min(before, behind), Math.max(before, behind)];
  return (
    Math.abs(slope - (before + behind) / 2) <= tolerance || (slope >= low - tolerance && slope <= high + tolerance)
  );
}

/** Whether the slopes on both sides are the same: the function has no kink here. */
export function isSmooth({ before, behind }: Slopes, tolerance: number): boolean {
  return Math.abs(behind - before) <= tolerance;
}

/** Whether the function jumps here: ten times further away, at `far`, it differs by as much as at one step. */
export function isJump({ before, behind }: Slopes, step: number, far: readonly [number, number]): boolean {
  const near = (before + behind) * step;
  const wide = far[1] - far[0];
  return near !== 0 && wide / near > 0.5 && wide / near < 2;
}
