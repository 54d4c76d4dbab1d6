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

/** The value with the reduced axes as extents of 1, so that it broadcasts against the input. */
function kept(call: DerivativeCall, value: Value): Value {
  const axes = reducedAxes(call);
  if (call.node.attributes.number('keepdims') !== 0 || axes === undefined) return value;
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

export const REDUCTION: DerivativeTable = {
  ReduceSum: single((call, x) => spread(call, call.gradient, x)),
  ReduceMean: single((call, x) => spread(call, call.math.div(call.gradient, count(call, x)), x)),
  ReduceMax: extreme,
  ReduceMin: extreme,
};
