/** The gradient of a convolution's weight as a convolution in which batch and channels have changed places. */
import type { Arithmetic, Value } from '../../onnx/index.js';
import { spanOf } from '../../onnx/operators/window.js';
import { cut, extentsFrom, knownExtent, shapeList, spatialAxes } from '../extents.js';
import type { ConvolutionWindow } from '../lowerings.js';
import { swapFirst, withAnImage } from './weight-gradient.js';

/**
 * dL/dweight [O, C / group, ...kernel] of y = conv(x, weight): each element is the sum over images and places of what it multiplied
 * times the gradient there. So the images are the channels that are summed, the gradient is the kernel, and strides and dilations change
 * places.
 */
export function swappedConvolution(math: Arithmetic, x: Value, gradient: Value, window: ConvolutionWindow): Value {
  const { kernel, strides, dilations, padsBegin, padsEnd, group } = window;
  const images = channelsFirst(math, withAnImage(math, x), group);
  const swapped = math.graph.op('Conv', [images, swapFirst(math, withAnImage(math, gradient))], {
    strides: dilations,
    dilations: strides,
    pads: [...padsBegin, ...padsEnd],
    group,
  });
  return swapFirst(math, exactly(math, swapped, x, gradient, window, kernel));
}

/** x [N, C, ...] as [C / group, group N, ...], which is [C, N, ...] for one group. */
function channelsFirst(math: Arithmetic, x: Value, group: number): Value {
  if (group === 1) return swapFirst(math, x);
  const channels = knownExtent(x.shape[1], 'the number of channels of a convolution with groups') / group;
  const spatial = extentsFrom(math, x, 2);
  const others = spatialAxes(x).map((axis) => axis + 1);
  const split = math.graph.op('Reshape', [x, shapeList(math, [-1, group, channels, ...spatial])]);
  return math.graph.op('Reshape', [
    math.transpose(split, [2, 1, 0, ...others]),
    shapeList(math, [channels, -1, ...spatial]),
  ]);
}

/** Where the stride does not divide the extent, there is room for more than the kernel: that part is cut away. */
function exactly(
  math: Arithmetic,
  swapped: Value,
  x: Value,
  gradient: Value,
  window: ConvolutionWindow,
  kernel: readonly number[],
): Value {
  const fits = kernel.every((_, place) => {
    const [inside, outside] = [x.shape[place + 2]!, gradient.shape[place + 2]!];
    if (typeof inside !== 'number' || typeof outside !== 'number') return false;
    const rest =
      inside +
      window.padsBegin[place]! +
      window.padsEnd[place]! -
      (outside - 1) * window.strides[place]! -
      spanOf(window, place);
    return rest < window.dilations[place]!;
  });
  const axes = spatialAxes(x);
  const zeros = axes.map(() => 0);
  return fits ? swapped : cut(math, swapped, axes, zeros, kernel);
}
