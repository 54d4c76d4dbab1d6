/** Undoes broadcasting: what was repeated along an axis is summed over it. */
import type { Arithmetic, Value } from '../onnx/index.js';

/**
 * Sums `gradient` to the shape of `like`, whose shape broadcasts to the gradient's.
 * Where two symbols leave open whether an axis was repeated, the graph finds out when it runs.
 */
export function sumToShape(math: Arithmetic, gradient: Value, like: Value): Value {
  const lead = gradient.shape.length - like.shape.length;
  const repeated: number[] = [];
  let open = false;
  for (const [axis, dim] of gradient.shape.entries()) {
    const target = axis < lead ? 1 : like.shape[axis - lead]!;
    if (axis < lead || (target === 1 && dim !== 1)) repeated.push(axis);
    else if (target !== dim) open = true;
  }
  if (open) return sumWhereLonger(math, gradient, like, lead);
  if (repeated.length === lead) return math.sum(gradient, repeated);
  return math.reshapeLike(math.sum(gradient, repeated, true), like);
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
