/** The way back of what cuts a part out: zeros around it. */
import { shapeList } from '../../lowerings/extents.js';
import type { Arithmetic, Value } from '../../onnx/index.js';

/** Where the part began on an axis; a negative number counts from the end. What lies before the first element begins there. */
export interface Cut {
  readonly axis: number;
  readonly start: number;
}

/** `part`, cut out of something like `x`, with zeros around it: of the shape of `x`. */
export function cutBack(math: Arithmetic, x: Value, part: Value, cuts: readonly Cut[]): Value {
  const before: (number | Value)[] = x.shape.map(() => 0);
  const behind: (number | Value)[] = x.shape.map(() => 0);
  for (const { axis, start } of cuts) {
    const [whole, length] = [x.shape[axis]!, part.shape[axis]!];
    const first = firstElement(math, x, axis, start);
    before[axis] = first;
    behind[axis] =
      typeof whole === 'number' && typeof length === 'number' && typeof first === 'number'
        ? whole - length - first
        : math.sub(math.sub(math.extentOf(x, axis), math.extentOf(part, axis)), asList(math, first));
  }
  const pads = [...before, ...behind];
  if (pads.every((pad) => pad === 0)) return math.reshapeLike(part, x);
  return math.reshapeLike(math.graph.op('Pad', [part, shapeList(math, pads)]), x);
}

function firstElement(math: Arithmetic, x: Value, axis: number, start: number): number | Value {
  const extent = x.shape[axis]!;
  if (typeof extent === 'number') return Math.max(0, Math.min(extent, start < 0 ? start + extent : start));
  return start >= 0 ? start : math.max(math.add(math.extentOf(x, axis), start), 0);
}

function asList(math: Arithmetic, value: number | Value): Value {
  return typeof value === 'number' ? math.integers([value]) : value;
}
