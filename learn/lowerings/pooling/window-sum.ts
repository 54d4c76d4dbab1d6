/** Sums over windows that overlap or not, and their transposes. */
import type { DType } from '../../../runtime/tensor.js';
import type { Arithmetic, Value } from '../../onnx/index.js';
import { spanOf } from '../../onnx/operators/window.js';
import { transposedConvolution } from '../convolution/transposed.js';
import { batchAndChannels, extentsFrom, mergeChannels, shapeList } from '../extents.js';
import type { SlidingWindow } from '../lowerings.js';
import { sizeOfBlock } from './taps.js';

/**
 * dL/dx of y = the sum of each window's elements: every window hands its gradient to all its elements, a convolution with ones
 * run backwards.
 */
export function windowSumByConvolution(math: Arithmetic, x: Value, gradient: Value, window: SlidingWindow): Value {
  const weight = ones(math, window.kernel, x.dtype);
  const dy = mergeChannels(math, gradient);
  const sum =
    summedForward(math, weight, dy, window) ??
    transposedConvolution(math, mergeChannels(math, x), weight, dy, { ...window, group: 1 });
  return math.reshapeLike(sum, x);
}

/**
 * Where the stride is 1 an element takes part in as many windows as a window has elements, and they too lie within a window: one that reaches
 * as far to the other side. A plain convolution takes a third of the time of a transposed one.
 */
function summedForward(math: Arithmetic, weight: Value, dy: Value, window: SlidingWindow): Value | undefined {
  const { kernel, strides, dilations, padsBegin, padsEnd } = window;
  const pads = [padsBegin, padsEnd].flatMap((list) => list.map((pad, axis) => spanOf(window, axis) - 1 - pad));
  if (strides.some((stride) => stride !== 1) || pads.some((pad) => pad < 0)) return undefined;
  return math.graph.op('Conv', [dy, weight], { kernel_shape: kernel, dilations, pads });
}

/** The sum of each block, as a convolution with ones. */
export function blockSumByConvolution(math: Arithmetic, x: Value, kernel: readonly number[]): Value {
  const merged = mergeChannels(math, x);
  const sum = math.graph.op('Conv', [merged, ones(math, kernel, x.dtype)], { strides: kernel });
  return math.graph.op('Reshape', [sum, shapeList(math, [batchAndChannels(math, x), ...extentsFrom(math, sum, 2)])], {
    allowzero: 1,
  });
}

/** The sum of each block, as its average times its size. */
export function blockSumByAverage(math: Arithmetic, x: Value, kernel: readonly number[]): Value {
  const size = sizeOfBlock(kernel);
  return math.mul(math.graph.op('AveragePool', [x], { kernel_shape: kernel, strides: kernel }), size);
}

/** Above so many elements a constant would make the file large: the graph repeats a 1. */
const LARGEST_CONSTANT = 4096;

/** Weights [1, 1, ...kernel]. */
function ones(math: Arithmetic, kernel: readonly number[], dtype: DType): Value {
  const count = sizeOfBlock(kernel);
  if (count > LARGEST_CONSTANT)
    return math.graph.op('Expand', [math.scalar(1, dtype), math.integers([1, 1, ...kernel])]);
  const constant = { dtype: 'float32', shape: [1, 1, ...kernel], data: new Float32Array(count).fill(1) } as const;
  return math.cast(math.graph.constant(constant), dtype);
}
