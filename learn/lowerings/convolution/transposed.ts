/** The transpose of sliding a window: what was read from a place goes back to it. */
import type { Arithmetic, Value } from '../../onnx/index.js';
import { spanOf } from '../../onnx/operators/window.js';
import { isStatic, type Shape } from '../../onnx/shape.js';
import { cut, spatialAxes } from '../extents.js';
import type { ConvolutionWindow } from '../lowerings.js';

/**
 * dL/dx of y = conv(x, weight), as a ConvTranspose. Elements of x that no window covers get zeros.
 *
 * @param x [N, C, ...spatial]: only its spatial extents count
 * @param weight [O, C / group, ...kernel]
 * @param gradient [N, O, ...output]
 */
export function transposedConvolution(
  math: Arithmetic,
  x: Value,
  weight: Value,
  gradient: Value,
  window: ConvolutionWindow,
): Value {
  const { kernel, strides, dilations, padsBegin, group } = window;
  const steps = { kernel_shape: kernel, strides, dilations, group };
  const inside: Shape = x.shape.slice(2);
  const outside: Shape = gradient.shape.slice(2);
  if (isStatic(inside) && isStatic(outside)) {
    /** How far the windows reach beyond x; below zero: how much of x no window reaches. */
    const excess = inside.map((extent, axis) => {
      return (outside[axis]! - 1) * strides[axis]! + spanOf(window, axis) - padsBegin[axis]! - extent;
    });
    return math.graph.op('ConvTranspose', [gradient, weight], {
      ...steps,
      pads: [...padsBegin, ...excess.map((count) => Math.max(0, count))],
      output_padding: excess.map((count) => Math.max(0, -count)),
    });
  }
  if (keepsExtents(window)) {
    const same = math.graph.op('ConvTranspose', [gradient, weight], {
      ...steps,
      pads: [...padsBegin, ...window.padsEnd],
    });
    return math.graph.op('Reshape', [same, spatialLike(math, same, x)], { allowzero: 1 });
  }
  // One window more would start behind the end of x, so this always reaches it.
  const whole = math.graph.op('ConvTranspose', [gradient, weight], {
    ...steps,
    output_padding: strides.map((stride) => stride - 1),
  });
  const axes = spatialAxes(x);
  const ends = axes.map((axis, place) => {
    const extent = x.shape[axis]!;
    return typeof extent === 'number'
      ? extent + padsBegin[place]!
      : math.add(math.extentOf(x, axis), math.integers([padsBegin[place]!]));
  });
  return math.graph.op('Reshape', [cut(math, whole, axes, padsBegin, ends), spatialLike(math, whole, x)], {
    allowzero: 1,
  });
}

function keepsExtents(window: ConvolutionWindow): boolean {
  return window.kernel.every((_, axis) => {
    const padding = window.padsBegin[axis]! + window.padsEnd[axis]!;
    return window.strides[axis] === 1 && padding <= spanOf(window, axis) - 1;
  });
}

/** The shape of `value` with the spatial extents of `x`: what the run has anyway, told to the builder. */
export function spatialLike(math: Arithmetic, value: Value, x: Value): Value {
  const shape = (of: Value, range: { start?: number; end?: number }) => math.graph.op('Shape', [of], range);
  return math.graph.op('Concat', [shape(value, { end: 2 }), shape(x, { start: 2 })], { axis: 0 });
}
