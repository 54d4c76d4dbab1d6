/** The gradient of a convolution's input as a convolution with the weight turned around: fast on the CPU provider. */
import type { Arithmetic, Value } from '../../onnx/index.js';
import { spanOf } from '../../onnx/operators/window.js';
import { isStatic } from '../../onnx/shape.js';
import { cut, spatialAxes } from '../extents.js';
import type { ConvolutionWindow } from '../lowerings.js';
import { spatialLike } from './transposed.js';
import { swapFirst } from './weight-gradient.js';

/** With fewer channels the matrix product inside has too few rows. */
const FEWEST_CHANNELS = 16;

/**
 * dL/dx of y = conv(x, weight) with stride 1: each element takes from the places around it what it gave to them. `undefined` with other strides,
 * where padding is wider than the window reaches, and where a transposed convolution is faster: there are fewer channels in x than in y.
 */
export function flippedConvolution(
  math: Arithmetic,
  x: Value,
  weight: Value,
  gradient: Value,
  window: ConvolutionWindow,
): Value | undefined {
  const { kernel, strides, dilations, padsBegin, padsEnd, group } = window;
  const [outer, inner, ...extents] = weight.shape;
  const pads = [padsBegin, padsEnd].flatMap((list) => list.map((pad, axis) => spanOf(window, axis) - 1 - pad));
  const fits = strides.every((stride) => stride === 1) && pads.every((pad) => pad >= 0);
  if (!fits || typeof inner !== 'number' || typeof outer !== 'number' || !isStatic(extents)) return undefined;
  if (inner < outer / group || (group === 1 && inner < FEWEST_CHANNELS)) return undefined;
  const turned = turnedAround(math, weight, { group, inner, outer: outer / group, kernel });
  const dx = math.graph.op('Conv', [gradient, turned], { kernel_shape: kernel, dilations, pads, group });
  if (spatialAxes(x).every((axis) => dx.shape[axis] === x.shape[axis])) return dx;
  return math.graph.op('Reshape', [dx, spatialLike(math, dx, x)], { allowzero: 1 });
}

interface Groups {
  readonly group: number;
  /** Channels of x, and of y, in one group. */
  readonly inner: number;
  readonly outer: number;
  readonly kernel: readonly number[];
}

/** A weight [O, C / group, ...kernel] as [C, O / group, ...kernel], every kernel from its last place to its first. */
function turnedAround(math: Arithmetic, weight: Value, { group, inner, outer, kernel }: Groups): Value {
  const axes = spatialAxes(weight);
  const [last, step] = [axes.map(() => -1), axes.map(() => -1)];
  const beyond = kernel.map((extent) => -extent - 1);
  const flipped = kernel.every((extent) => extent === 1) ? weight : cut(math, weight, axes, last, beyond, step);
  if (group === 1) return swapFirst(math, flipped);
  const split = math.reshape(flipped, [group, outer, inner, ...kernel]);
  const swapped = math.transpose(split, [0, 2, 1, ...axes.map((axis) => axis + 1)]);
  return math.reshape(swapped, [group * inner, outer, ...kernel]);
}
