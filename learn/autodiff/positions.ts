/** The numbers of the places along an axis. */
import type { Arithmetic, Value } from '../onnx/index.js';

/** 0, 1, 2 ... along one axis of `x`, int64 [extent]. */
export function positionsAlong(math: Arithmetic, x: Value, axis: number): Value {
  const extent = x.shape.at(axis)!;
  if (typeof extent === 'number') return math.integers([...Array(extent).keys()]);
  const place = axis < 0 ? axis + x.shape.length : axis;
  const end = math.squeeze(math.extentOf(x, place), [0]);
  return math.graph.op('Range', [math.scalar(0, 'int64'), end, math.scalar(1, 'int64')]);
}
