/** Shapes put together from numbers and from extents that only the run knows. */
import { type Arithmetic, type Dim, OnnxError, type Value } from '../onnx/index.js';
import { isStatic } from '../onnx/shape.js';

/** An int64 list out of numbers and of lists that the graph computes; a constant where all are numbers. */
export function shapeList(math: Arithmetic, parts: readonly (number | Value)[]): Value {
  const runs: (number[] | Value)[] = [];
  for (const part of parts) {
    const last = runs.at(-1);
    if (typeof part !== 'number') runs.push(part);
    else if (Array.isArray(last)) last.push(part);
    else runs.push([part]);
  }
  const lists = runs.map((run) => (Array.isArray(run) ? math.integers(run) : run));
  return lists.length === 1 ? lists[0]! : math.graph.op('Concat', lists, { axis: 0 });
}

/** The extents of `value` from axis `from` on: numbers where all are known, a computed list otherwise. */
export function extentsFrom(math: Arithmetic, value: Value, from: number): readonly (number | Value)[] {
  const rest = value.shape.slice(from);
  return isStatic(rest) ? rest : [math.graph.op('Shape', [value], { start: from })];
}

/** The extents of the first two axes, as a list. */
export function batchAndChannels(math: Arithmetic, value: Value): Value {
  const first = value.shape.slice(0, 2);
  return first.every((dim) => typeof dim === 'number')
    ? math.integers(first as number[])
    : math.graph.op('Shape', [value], { end: 2 });
}

/** The axes behind batch and channels. */
export function spatialAxes(value: Value): number[] {
  return Array.from({ length: value.shape.length - 2 }, (_, axis) => axis + 2);
}

/** x [N, C, ...spatial] as [N C, 1, ...spatial]: what treats every channel alike needs no groups then. */
export function mergeChannels(math: Arithmetic, x: Value): Value {
  return math.graph.op('Reshape', [x, shapeList(math, [-1, 1, ...extentsFrom(math, x, 2)])], { allowzero: 1 });
}

/** @throws OnnxError when only the run can tell the extent */
export function knownExtent(extent: Dim | undefined, what: string): number {
  if (typeof extent === 'number') return extent;
  throw new OnnxError(`${what} must be known before the run, but is "${extent}": give the model a fixed extent there`);
}

/** Elements `start` to `end` of each listed axis. The ends may be computed: int64 lists of one number. */
export function cut(
  math: Arithmetic,
  x: Value,
  axes: readonly number[],
  starts: readonly number[],
  ends: readonly (number | Value)[],
  steps?: readonly number[],
): Value {
  const stepped = steps?.some((step) => step !== 1) ? [math.integers(steps)] : [];
  return math.graph.op('Slice', [x, math.integers(starts), shapeList(math, ends), math.integers(axes), ...stepped]);
}
