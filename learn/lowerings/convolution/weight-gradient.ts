/** What the ways to write the gradient of a convolution's weight as another convolution have in common. */
import type { Arithmetic, Value } from '../../onnx/index.js';
import { extentsFrom, shapeList, spatialAxes } from '../extents.js';

/**
 * An image of zeros is put behind a batch that may be empty: a convolution of no channels at all does not end on the CPU provider (1.30, with
 * padding, where the batch is their number).
 */
export function withAnImage(math: Arithmetic, batch: Value): Value {
  const [images] = batch.shape;
  if (typeof images === 'number' && images > 0) return batch;
  const missing = math.max(math.sub(math.integers([1]), math.extentOf(batch, 0)), math.integers([0]));
  const shape = shapeList(math, [missing, ...extentsFrom(math, batch, 1)]);
  return math.graph.op('Concat', [batch, math.graph.op('Expand', [math.scalar(0, batch.dtype), shape])], { axis: 0 });
}

/** [N, C, ...] as [C, N, ...]. */
export function swapFirst(math: Arithmetic, value: Value): Value {
  return math.transpose(value, [1, 0, ...spatialAxes(value)]);
}
