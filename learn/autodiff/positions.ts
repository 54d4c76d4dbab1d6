/** The numbers of the places along an axis. */
import type { Arithmetic, Value } from '../onnx/index.js';

/** A longer list would make the file large: the graph counts by itself. */
const LONGEST_LIST = 4096;

/** 0, 1, 2 ... along one axis of `x`, int64 [extent]. */
export function positionsAlong(math: Arithmetic, x: Value, axis: number): Value {
  const extent = x.shape.at(axis)!;
  if (typeof extent === 'number') return countTo(math, extent);
  const place = axis < 0 ? axis + x.shape.length : axis;
  return range(math, math.squeeze(math.extentOf(x, place), [0]));
}

/** 0, 1, 2 ... to `count` - 1, int64 [count]. */
export function countTo(math: Arithmetic, count: number): Value {
  if (count <= LONGEST_LIST) return math.integers([...Array(count).keys()]);
  return range(math, math.scalar(count, 'int64'));
}

function range(math: Arithmetic, end: Value): Value {
  return math.graph.op('Range', [math.scalar(0, 'int64'), end, math.scalar(1, 'int64')]);
}
