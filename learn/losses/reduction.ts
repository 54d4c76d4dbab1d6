/** How the losses of elements become one number. */
import type { Arithmetic, Value } from '../onnx/index.js';
import { isStatic, multiplyDims } from '../onnx/shape.js';
import { type Check, oneOf } from './options.js';

/** `mean` divides by the sum of the weights, 1 unless given. `none` keeps the elements. */
export type Reduction = 'mean' | 'sum' | 'none';

export const reduction: Check = oneOf('mean', 'sum', 'none');

/**
 * @param each the losses
 * @param weights of their type; broadcasts to them. Where all are 0 the mean is NaN, as that of nothing is.
 */
export function reduced(math: Arithmetic, each: Value, weights: Value | undefined, how: Reduction = 'mean'): Value {
  const weighted = weights ? math.mul(each, weights) : each;
  if (how === 'none') return weighted;
  const total = math.sum(weighted);
  return how === 'sum' ? total : math.div(total, sumOfWeights(math, each, weights));
}

/** What a mean is divided by: the weights, each as often as it counts. */
function sumOfWeights(math: Arithmetic, each: Value, weights: Value | undefined): Value | number {
  if (!weights) return countOf(math, each, [...each.shape.keys()]);
  const repeated = [...each.shape.keys()].filter((axis) => weights.shape[axis] === 1 && each.shape[axis] !== 1);
  const sum = math.sum(weights);
  return repeated.length === 0 ? sum : math.mul(sum, countOf(math, each, repeated));
}

/** The product of some extents, as a number where they are known. */
function countOf(math: Arithmetic, value: Value, axes: readonly number[]): Value | number {
  const extents = axes.map((axis) => value.shape[axis]!);
  if (isStatic(extents)) return multiplyDims(extents) as number;
  // Not Size: under WebGPU it would fetch all elements from the device only to count them.
  const { graph } = math;
  const shape = graph.op('Shape', [value], { start: axes[0]!, end: axes.at(-1)! + 1 });
  return math.cast(graph.op('ReduceProd', [shape], { keepdims: 0 }), value.dtype);
}

/** A mean of which nothing is left is 0, without a gradient: the divisor where it is not 0, else 1. */
export function orOne(math: Arithmetic, divisor: Value): Value {
  return math.where(math.equal(divisor, 0), 1, divisor);
}
