/** The gradient of a convolution's weight with the channels of a pixel side by side: fast on the CPU provider. */
import type { Arithmetic, Value } from '../../onnx/index.js';
import { cut, extentsFrom, knownExtent, shapeList, spatialAxes } from '../extents.js';
import type { ConvolutionWindow } from '../lowerings.js';
import { swapFirst, withAnImage } from './weight-gradient.js';

/**
 * dL/dweight [O, C / group, ...kernel] of y = conv(x, weight), as one convolution over one image whose rows hold all channels of a pixel before
 * those of the next, [1, group N, ..., W C / group]. The gradient is its kernel, which steps from pixel to pixel along the row, and what comes out
 * is [1, O, ..., kernel C / group]. The matrix product inside has as many columns as a weight has elements; in the plain swapped convolution, only as
 * many as the kernel.
 *
 * `undefined` where the last axis is dilated, so that its places are not side by side, and where every channel is a group of its own.
 */
export function interleavedConvolution(
  math: Arithmetic,
  x: Value,
  gradient: Value,
  window: ConvolutionWindow,
): Value | undefined {
  const { kernel, strides, dilations, padsBegin, padsEnd, group } = window;
  const last = kernel.length - 1;
  if (kernel[last] !== 1 && dilations[last] !== 1) return undefined;
  const channels = knownExtent(x.shape[1], 'the number of channels of a convolution') / group;
  // Nothing to put side by side.
  if (channels === 1 && group > 1) return undefined;
  const along = (list: readonly number[]) => list.with(last, list[last]! * channels);
  const image = rows(math, withAnImage(math, x), group, channels);
  const slid = math.graph.op('Conv', [image, swapFirst(math, withAnImage(math, gradient))], {
    strides: dilations.with(last, 1),
    dilations: along(strides),
    pads: [...along(padsBegin), ...along(padsEnd)],
    group,
  });
  const wanted = along(kernel);
  const exact = wanted.every((extent, axis) => slid.shape[axis + 2] === extent);
  const axes = spatialAxes(slid);
  const zeros = axes.map(() => 0);
  const whole = exact ? slid : cut(math, slid, axes, zeros, wanted);
  const places = math.reshape(whole, [-1, ...kernel, channels]);
  return math.transpose(places, [0, last + 2, ...kernel.map((_, axis) => axis + 1)]);
}

/** x [N, C, ..., W] as [1, group N, ..., W C / group]. */
function rows(math: Arithmetic, x: Value, group: number, channels: number): Value {
  const spatial = spatialAxes(x);
  const split = shapeList(math, [-1, group, channels, ...extentsFrom(math, x, 2)]);
  const pixels =
    group === 1
      ? math.transpose(x, [0, ...spatial, 1])
      : math.transpose(math.graph.op('Reshape', [x, split]), [1, 0, ...spatial.map((axis) => axis + 1), 2]);
  const images = group === 1 ? math.extentOf(x, 0) : math.mul(math.extentOf(x, 0), math.integers([group]));
  const outer = spatial.slice(0, -1).map((axis) => extentOf(math, x, axis));
  const width = x.shape.at(-1)!;
  const last = typeof width === 'number' ? width * channels : -1;
  return math.graph.op('Reshape', [pixels, shapeList(math, [1, images, ...outer, last])]);
}

function extentOf(math: Arithmetic, x: Value, axis: number): number | Value {
  const extent = x.shape[axis]!;
  return typeof extent === 'number' ? extent : math.extentOf(x, axis);
}
