/** Undoes broadcasting: what was repeated along an axis is summed over it. */
import type { Lowerings } from '../lowerings/lowerings.js';
import type { Arithmetic, Value } from '../onnx/index.js';
import { multiplyDims } from '../onnx/shape.js';

/**
 * Sums `gradient` to the shape of `like`, whose shape broadcasts to the gradient's.
 * Where two symbols leave open whether an axis was repeated, the graph finds out when it runs.
 */
export function sumToShape(math: Arithmetic, lowerings: Lowerings, gradient: Value, like: Value): Value {
  const lead = gradient.shape.length - like.shape.length;
  const repeated: number[] = [];
  let open = false;
  for (const [axis, dim] of gradient.shape.entries()) {
    const target = axis < lead ? 1 : like.shape[axis - lead]!;
    if (axis < lead || (target === 1 && dim !== 1)) repeated.push(axis);
    else if (target !== dim) open = true;
  }
  if (open) return sumWhereLonger(math, gradient, like, lead);
  if (repeated.length === lead) return sumOverFirst(math, lowerings, gradient, lead);
  return math.reshapeLike(math.sum(gradient, repeated, true), like);
}

/** Over the first axes: as the sum of the rows of a matrix, where the row's length is known. */
function sumOverFirst(math: Arithmetic, lowerings: Lowerings, gradient: Value, axes: number): Value {
  if (axes === 0) return gradient;
  const rest = gradient.shape.slice(axes);
  const width = multiplyDims(rest);
  if (typeof width !== 'number' || width === 0 || rest.length === 0) return math.sum(gradient, [...Array(axes).keys()]);
  const rows = axes === 1 && rest.length === 1 ? gradient : math.reshape(gradient, [-1, width]);
  const sum = lowerings.sumOfRows(math, rows);
  return rest.length === 1 ? sum : math.reshape(sum, rest as number[]);
}

function sumWhereLonger(math: Arithmetic, gradient: Value, like: Value, lead: number): Value {
  const { graph } = math;
  const shape = math.shapeOf(like);
  const ones = math.integers(new Array<number>(lead).fill(1));
  const target = lead === 0 ? shape : graph.op('Concat', [ones, shape], { axis: 0 });
  const differs = math.not(math.equal(target, graph.op('Shape', [gradient])));
  const axes = math.squeeze(graph.op('NonZero', [differs]), [0]);
  const attributes = { keepdims: 1, noop_with_empty_axes: 1 };
  return math.reshapeLike(graph.op('ReduceSum', [gradient, axes], attributes), like);
}
