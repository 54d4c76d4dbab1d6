/** Windows that stand one behind the other, so that every element belongs to one of them at most: blocks. Fast on the CPU provider. */
import type { Arithmetic, Value } from '../../onnx/index.js';
import { isStatic, type Shape } from '../../onnx/shape.js';
import { cut, spatialAxes } from '../extents.js';
import type { SlidingWindow } from '../lowerings.js';
import { blockSumByConvolution } from './window-sum.js';

/**
 * Whether each window is a block of its own, all of it within x.
 * (Resize and convolutions have float32 kernels only.)
 */
function isBlocks(x: Value, y: Value, { kernel, strides, dilations, padsBegin }: SlidingWindow): boolean {
  const [inside, outside]: Shape[] = [x.shape.slice(2), y.shape.slice(2)];
  if (x.dtype !== 'float32' || !isStatic(inside!) || !isStatic(outside!)) return false;
  return kernel.every((extent, axis) => {
    const dense = dilations[axis] === 1 || extent === 1;
    return dense && strides[axis] === extent && padsBegin[axis] === 0 && outside[axis]! * extent <= inside[axis]!;
  });
}

/** Every element as often as its block is long. */
function stretch(math: Arithmetic, value: Value, kernel: readonly number[]): Value {
  const scales = { dtype: 'float32', shape: [kernel.length + 2], data: Float32Array.of(1, 1, ...kernel) } as const;
  return math.graph.op('Resize', [value, undefined, math.graph.constant(scales)], {
    coordinate_transformation_mode: 'asymmetric',
    mode: 'nearest',
    nearest_mode: 'floor',
  });
}

/** The part of x that blocks cover. */
function covered(math: Arithmetic, x: Value, y: Value, kernel: readonly number[]): Value {
  const ends = kernel.map((extent, place) => (y.shape[place + 2] as number) * extent);
  if (ends.every((end, place) => end === x.shape[place + 2])) return x;
  const axes = spatialAxes(x);
  return cut(
    math,
    x,
    axes,
    axes.map(() => 0),
    ends,
  );
}

/** Zeros behind the blocks, up to the extents of x. */
function filledUp(math: Arithmetic, blocks: Value, x: Value): Value {
  const rest = spatialAxes(x).map((axis) => (x.shape[axis] as number) - (blocks.shape[axis] as number));
  if (rest.every((count) => count === 0)) return blocks;
  const none = [0, 0, ...rest.map(() => 0)];
  return math.graph.op('Pad', [blocks, math.integers([...none, 0, 0, ...rest])]);
}

/** dL/dx of y = maxpool(x); `undefined` where the windows are not blocks, or extents are not known. */
export function maxPoolByBlocks(
  math: Arithmetic,
  x: Value,
  y: Value,
  gradient: Value,
  window: SlidingWindow,
): Value | undefined {
  if (!isBlocks(x, y, window)) return undefined;
  const { kernel } = window;
  const isMaximum = math.cast(math.equal(covered(math, x, y, kernel), stretch(math, y, kernel)), x.dtype);
  const ties = math.reshapeLike(blockSumByConvolution(math, isMaximum, kernel), y);
  // A product: Where takes four times as long.
  return filledUp(math, math.mul(isMaximum, stretch(math, math.div(gradient, ties), kernel)), x);
}

/** dL/dx of y = the sum of each window's elements; `undefined` where the windows are not blocks, or extents are not known. */
export function windowSumByBlocks(
  math: Arithmetic,
  x: Value,
  gradient: Value,
  window: SlidingWindow,
): Value | undefined {
  return isBlocks(x, gradient, window) ? filledUp(math, stretch(math, gradient, window.kernel), x) : undefined;
}
