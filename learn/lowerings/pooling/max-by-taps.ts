/** The gradient of max pooling for small windows of any kind: place by place within the window. */
import type { Arithmetic, Value } from '../../onnx/index.js';
import { spanOf } from '../../onnx/operators/window.js';
import { transposedConvolution } from '../convolution/transposed.js';
import { cut, mergeChannels, spatialAxes } from '../extents.js';
import type { SlidingWindow } from '../lowerings.js';
import { MOST_TAPS, offsets, oneHot, sizeOfBlock } from './taps.js';

/**
 * dL/dx of y = maxpool(x): for each place of the window, which windows have their maximum there. These masks are counted, share the gradient, and
 * go back to where they were read by a transposed convolution with one 1 in each place. `undefined` where the window has too many places.
 */
export function maxPoolByTaps(
  math: Arithmetic,
  x: Value,
  y: Value,
  gradient: Value,
  window: SlidingWindow,
): Value | undefined {
  if (sizeOfBlock(window.kernel) > MOST_TAPS) return undefined;
  const images = mergeChannels(math, x);
  const [maximum, dy] = [mergeChannels(math, y), mergeChannels(math, gradient)];
  const padded = withPadding(math, images, maximum, window);
  const taps = offsets(window.kernel);
  const read = math.graph.op(
    'Concat',
    taps.map((tap) => readAt(math, padded, maximum, window, tap)),
    { axis: 1 },
  );
  const mask = math.cast(math.equal(read, maximum), x.dtype);
  // A window that lies in the padding as a whole has no maximum: its gradient reaches nothing.
  const ties = math.max(math.sum(mask, [1], true), 1);
  const shares = math.mul(mask, math.div(dy, ties));
  const spread = { ...window, group: 1 };
  const gradients = transposedConvolution(math, images, oneHot(math, window.kernel, x.dtype), shares, spread);
  return math.reshapeLike(gradients, x);
}

/** x with -infinity around it, as far as the windows reach. */
export function withPadding(math: Arithmetic, x: Value, y: Value, window: SlidingWindow): Value {
  const { padsBegin, padsEnd, strides } = window;
  const ends = padsEnd.map((pad, place) => {
    const [inside, outside] = [x.shape[place + 2]!, y.shape[place + 2]!];
    const known = typeof inside === 'number' && typeof outside === 'number';
    // Rounding up may have placed a window that reaches beyond the padding by less than a stride.
    if (!known) return pad + strides[place]! - 1;
    return Math.max(0, (outside - 1) * strides[place]! + spanOf(window, place) - padsBegin[place]! - inside);
  });
  if ([...padsBegin, ...ends].every((pad) => pad === 0)) return x;
  const pads = math.integers([0, 0, ...padsBegin, 0, 0, ...ends]);
  return math.graph.op('Pad', [x, pads, math.scalar(Number.NEGATIVE_INFINITY, x.dtype)]);
}

/** What every window holds at that place. */
function readAt(math: Arithmetic, padded: Value, y: Value, window: SlidingWindow, tap: readonly number[]): Value {
  const axes = spatialAxes(padded);
  const starts = tap.map((index, place) => index * window.dilations[place]!);
  const ends = axes.map((axis, place) => {
    const [count, stride, start] = [y.shape[axis]!, window.strides[place]!, starts[place]!];
    if (typeof count === 'number') return start + (count - 1) * stride + 1;
    const last = math.mul(math.sub(math.extentOf(y, axis), math.integers([1])), math.integers([stride]));
    return math.add(last, math.integers([start + 1]));
  });
  return cut(math, padded, axes, starts, ends, window.strides);
}
