/** Derivatives of pooling: over windows, and over all of an image. */
import type { Value } from '../../onnx/index.js';
import { positions, type SlidingWindow, windowOf } from '../../onnx/operators/window.js';
import { multiplyDims } from '../../onnx/shape.js';
import { type DerivativeCall, type DerivativeTable, single } from './derivative.js';

function spatialAxes(x: Value): number[] {
  return Array.from({ length: x.shape.length - 2 }, (_, axis) => axis + 2);
}

function slidingWindow(call: DerivativeCall, x: Value): SlidingWindow {
  const kernel = call.node.attributes.numbers('kernel_shape') ?? call.fail('kernel_shape is missing');
  const window = windowOf(call.node.attributes, kernel, x.shape.slice(2));
  return (
    window ??
    call.fail(
      'its padding follows from extents that are not known before the run; give explicit pads, or fixed spatial extents',
    )
  );
}

/** So many windows along an axis may average over different numbers of elements: each number stands in the file. */
const MOST_COUNTS = 2 ** 20;

/** How many elements each window along an axis averages over; one number where it is the same for all. */
function counts(call: DerivativeCall, window: SlidingWindow, axis: number, extent: number): number | readonly number[] {
  const [kernel, stride, dilation] = [window.kernel[axis]!, window.strides[axis]!, window.dilations[axis]!];
  const [begin, end] = [window.padsBegin[axis]!, window.padsEnd[axis]!];
  const padded = call.node.attributes.number('count_include_pad') !== 0;
  const ceil = call.node.attributes.number('ceil_mode') !== 0;
  if (begin === 0 && end === 0 && !(ceil && stride > 1)) return kernel;
  const windows = positions(window, axis, extent, ceil);
  if (windows > MOST_COUNTS)
    call.fail(
      `an average over ${windows} padded windows along spatial axis ${axis} is not supported: pad in a node before`,
    );
  const [least, most] = padded ? [-begin, extent + end] : [0, extent];
  /** How many places of a window that starts at `start` lie before `bound`. */
  const before = (start: number, bound: number) => Math.max(0, Math.min(kernel, Math.ceil((bound - start) / dilation)));
  const list = Array.from({ length: windows }, (_, place) => {
    const start = place * stride - begin;
    // A window that lies in the padding as a whole gives 0, whatever x is.
    return Math.max(1, before(start, most) - before(start, least));
  });
  return list.every((count) => count === list[0]) ? (list[0] ?? kernel) : list;
}

/** dy / the number of elements that the window of each output averages over. */
function perElement(call: DerivativeCall, x: Value, window: SlidingWindow): Value {
  const { math, gradient: dy, node } = call;
  const axes = spatialAxes(x);
  let uniform = 1;
  const varying: Value[] = [];
  for (const [place, axis] of axes.entries()) {
    const extent = x.shape[axis]!;
    if (typeof extent === 'number') {
      const list = counts(call, window, place, extent);
      if (typeof list === 'number') uniform *= list;
      else varying.push(overAxis(call, list, axes.length - place - 1));
      continue;
    }
    const [padding, stride] = [window.padsBegin[place]! + window.padsEnd[place]!, window.strides[place]!];
    const reaches = node.attributes.number('ceil_mode') !== 0 && stride > 1;
    if (reaches || (padding > 0 && node.attributes.number('count_include_pad') === 0)) {
      call.fail('how many elements its windows average over follows from extents that are not known before the run');
    }
    uniform *= window.kernel[place]!;
  }
  const share = uniform === 1 ? dy : math.div(dy, uniform);
  if (varying.length === 0) return share;
  return math.div(
    share,
    varying.reduce((product, list) => math.mul(product, list)),
  );
}

/** A list over one axis with `behind` axes after it. */
function overAxis({ math, gradient }: DerivativeCall, list: readonly number[], behind: number): Value {
  const shape = [list.length, ...new Array<number>(behind).fill(1)];
  return math.cast(math.graph.constant({ dtype: 'float32', shape, data: Float32Array.from(list) }), gradient.dtype);
}

/** d|x|^p / dx / p = |x|^(p-1) sign(x). */
function powerSlope({ math, node }: DerivativeCall, x: Value): Value {
  const p = node.attributes.number('p');
  if (p === 1) return math.sign(x);
  if (p === 2) return x;
  return math.mul(math.sign(x), math.pow(math.graph.op('Abs', [x]), p - 1));
}

/** With y = (sum of |x|^p)^(1/p): dy y^(1-p), and 0 where all of x is 0. */
function normShare({ math, node, gradient: dy, output: y }: DerivativeCall): Value {
  const p = node.attributes.number('p');
  if (p === 1) return dy;
  const positive = math.greater(y, 0);
  // Where y is 0, the 1 in its place keeps the power from being infinite.
  const size = math.where(positive, y, 1);
  return math.where(positive, p === 2 ? math.div(dy, size) : math.mul(dy, math.pow(size, 1 - p)), 0);
}

/** How many elements an image has: a number where its extents are known. */
function imageSize({ math, output }: DerivativeCall, x: Value): Value | number {
  const product = multiplyDims(x.shape.slice(2));
  if (typeof product === 'number') return product;
  const extents = math.graph.op('Shape', [x], { start: 2 });
  const size = math.graph.op('Size', [math.graph.op('ConstantOfShape', [extents])]);
  return math.cast(size, output.dtype);
}

export const POOLING: DerivativeTable = {
  MaxPool: single((call, x) => {
    const { lowerings, math, output: y, gradient: dy } = call;
    return lowerings.maxPoolGradient(math, x, y, dy, slidingWindow(call, x));
  }),
  AveragePool: single((call, x) => {
    const window = slidingWindow(call, x);
    return call.lowerings.windowSumGradient(call.math, x, perElement(call, x, window), window);
  }),
  LpPool: single((call, x) => {
    const { lowerings, math } = call;
    const spread = lowerings.windowSumGradient(math, x, normShare(call), slidingWindow(call, x));
    return math.mul(spread, powerSlope(call, x));
  }),
  GlobalAveragePool: single((call, x) => {
    const { math, gradient: dy } = call;
    return math.graph.op('Expand', [math.div(dy, imageSize(call, x)), math.shapeOf(x)]);
  }),
  GlobalMaxPool: single((call, x) => {
    const { math, gradient: dy, output: y } = call;
    const isMaximum = math.cast(math.equal(x, y), x.dtype);
    return math.mul(isMaximum, math.div(dy, math.sum(isMaximum, spatialAxes(x), true)));
  }),
  GlobalLpPool: single((call, x) => call.math.mul(powerSlope(call, x), normShare(call))),
};
