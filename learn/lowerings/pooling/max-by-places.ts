/** The gradient of max pooling for any window, however wide: as many nodes as it has axes, not as it has places. */
import { countTo, positionsAlong } from '../../autodiff/positions.js';
import type { Arithmetic, Value } from '../../onnx/index.js';
import { cut, mergeChannels, spatialAxes } from '../extents.js';
import type { SlidingWindow } from '../lowerings.js';
import { scatterAdd } from '../scatter-add.js';
import { withPadding } from './max-by-taps.js';

/**
 * dL/dx of y = maxpool(x): what every place of every window reads is picked by number, axis by axis, compared with the maximum, and the shares of
 * the gradient are added back by the same numbers. It keeps as many elements as all windows have together.
 */
export function maxPoolByPlaces(math: Arithmetic, x: Value, y: Value, gradient: Value, window: SlidingWindow): Value {
  const images = mergeChannels(math, x);
  const [maximum, dy] = [mergeChannels(math, y), mergeChannels(math, gradient)];
  const padded = withPadding(math, images, maximum, window);
  const axes = spatialAxes(padded);
  const numbers = axes.map((axis, place) => placesOf(math, maximum, axis, window, place));
  /** From the last axis to the first: each becomes two, the number of the window and the place within it. */
  const read: Value[] = [padded];
  for (const [place, axis] of [...axes.entries()].toReversed())
    read.push(math.graph.op('Gather', [read.at(-1)!, numbers[place]!], { axis }));
  const within = axes.map((axis, place) => axis + place + 1);
  const isMaximum = math.cast(math.equal(read.at(-1)!, math.unsqueeze(maximum, within)), x.dtype);
  // A window that lies in the padding as a whole has no maximum: its gradient reaches nothing.
  const ties = math.max(math.sum(isMaximum, within, true), 1);
  let back = math.mul(isMaximum, math.div(math.unsqueeze(dy, within), ties));
  for (const [place, axis] of axes.entries())
    back = scatterAdd(math, read[axes.length - 1 - place]!, numbers[place]!, { from: axis, to: axis + 1 }, back);
  return math.reshapeLike(withoutPadding(math, back, images, window), x);
}

/** The element along an axis that each place of each window reads: int64 [windows, places]. */
function placesOf(
  math: Arithmetic,
  y: Value,
  axis: number,
  { kernel, strides, dilations }: SlidingWindow,
  place: number,
): Value {
  const starts = math.mul(positionsAlong(math, y, axis), strides[place]!);
  const steps = math.mul(countTo(math, kernel[place]!), dilations[place]!);
  return math.add(math.unsqueeze(starts, [1]), steps);
}

function withoutPadding(math: Arithmetic, padded: Value, x: Value, { padsBegin }: SlidingWindow): Value {
  const axes = spatialAxes(x);
  if (axes.every((axis) => padded.shape[axis] === x.shape[axis])) return padded;
  const ends = axes.map((axis, place) => {
    const [extent, before] = [x.shape[axis]!, padsBegin[place]!];
    return typeof extent === 'number' ? extent + before : math.add(math.extentOf(x, axis), math.integers([before]));
  });
  return cut(math, padded, axes, padsBegin, ends);
}
