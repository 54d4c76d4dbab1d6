/** Derivatives of reductions: the gradient of the one goes back to the many. */

import type { Value } from '../../onnx/index.js';
import { multiplyDims } from '../../onnx/shape.js';
import { knownNumbers } from '../../onnx/value.js';
import { type DerivativeCall, type DerivativeTable, single } from './derivative.js';

/** The reduced axes; `undefined` when only the run can tell. */
function reducedAxes({ node, input }: DerivativeCall): readonly number[] | undefined {
  const rank = input(0).shape.length;
  const axes = node.inputs[1];
  const known = axes ? knownNumbers(axes) : [];
  if (known?.length === 0 && node.attributes.number('noop_with_empty_axes') === 0) return [...Array(rank).keys()];
  return known?.map((axis) => (axis < 0 ? axis + rank : axis));
}

/** The axes of a reduction that does something to an element even if it stands alone. */
function foldedAxes(call: DerivativeCall): readonly number[] {
  const axes = reducedAxes(call) ?? call.fail('its axes must be known');
  return axes.length > 0 || call.input(0).shape.length === 0 ? axes : call.fail('it reduces no axis');
}

/** The value with the reduced axes as extents of 1, so that it broadcasts against the input. */
function kept(call: DerivativeCall, value: Value): Value {
  const axes = reducedAxes(call);
  if (call.node.attributes.number('keepdims') !== 0) return value;
  if (axes === undefined) return call.fail('its axes must be known, or kept (keepdims = 1)');
  return call.math.unsqueeze(value, axes);
}

function spread(call: DerivativeCall, gradient: Value, x: Value): Value {
  return call.math.graph.op('Expand', [kept(call, gradient), call.math.shapeOf(x)]);
}

/** How many elements go into one: a number where the extents are known. */
function count(call: DerivativeCall, x: Value): Value | number {
  const axes = reducedAxes(call);
  const product = axes && multiplyDims(axes.map((axis) => x.shape[axis]!));
  if (typeof product === 'number') return product;
  const { math, output } = call;
  const sizes = math.div(math.graph.op('Size', [x]), math.graph.op('Size', [output]));
  return math.cast(sizes, x.dtype);
}

/** Where several elements are the extreme one, they share the gradient equally. */
const extreme = single((call, x) => {
  const { math, gradient: dy, output: y } = call;
  const isExtreme = math.cast(math.equal(x, kept(call, y)), x.dtype);
  const axes = reducedAxes(call) ?? call.fail('its axes must be known');
  return math.mul(isExtreme, math.div(kept(call, dy), math.sum(isExtreme, axes, true)));
});

/**
 * The product of all others. Dividing the product by the element fails where elements are zero, so the zeros are counted apart:
 * with one zero only the zero has a gradient, with more nothing has.
 */
const product = single((call, x) => {
  const { math, gradient: dy } = call;
  const axes = foldedAxes(call);
  const isZero = math.equal(x, 0);
  const others = math.where(isZero, 1, x);
  const rest = math.graph.op('ReduceProd', [others, math.integers(axes)]);
  const zeros = math.cast(isZero, x.dtype);
  const remains = math.equal(math.sum(zeros, axes, true), zeros);
  return math.where(remains, math.div(math.mul(kept(call, dy), rest), others), 0);
});

/** The norm has no derivative at the origin; 0 is the subgradient of least norm, and PyTorch's. */
const euclidean = single((call, x) => {
  const { math, gradient: dy, output: y } = call;
  foldedAxes(call);
  const isOrigin = math.equal(y, 0);
  const slope = math.where(isOrigin, 0, math.div(dy, math.where(isOrigin, 1, y)));
  return math.mul(x, kept(call, slope));
});

/** Where nothing but -inf goes in, -inf comes out: there the difference x - y would be no number. */
const logSumExp = single((call, x) => {
  const { math, gradient: dy, output: y } = call;
  foldedAxes(call);
  const finite = math.where(math.equal(y, Number.NEGATIVE_INFINITY), 0, y);
  return math.mul(kept(call, dy), math.exp(math.sub(x, kept(call, finite))));
});

export const REDUCTION: DerivativeTable = {
  ReduceSum: single((call, x) => spread(call, call.gradient, x)),
  ReduceMean: single((call, x) => spread(call, call.math.div(call.gradient, count(call, x)), x)),
  ReduceMax: extreme,
  ReduceMin: extreme,
  ReduceProd: product,
  ReduceL1: single((call, x) => {
    foldedAxes(call);
    return call.math.mul(kept(call, call.gradient), call.math.sign(x));
  }),
  ReduceL2: euclidean,
  ReduceSumSquare: single((call, x) => {
    foldedAxes(call);
    return call.math.mul(x, call.math.mul(kept(call, call.gradient), 2));
  }),
  // y = log(s), so 1 / s is e^-y.
  ReduceLogSum: single((call, x) => {
    foldedAxes(call);
    const { math, gradient: dy, output: y } = call;
    return spread(call, math.mul(dy, math.exp(math.neg(y))), x);
  }),
  ReduceLogSumExp: logSumExp,
};
