/** Extents that a layer must know when the network is built. */
import { OnnxError, type Value } from '../../onnx/index.js';

/** @throws OnnxError when the extent is known only when the graph runs: the size of a parameter depends on it */
export function extentOf(x: Value, axis: number, layer: string): number {
  const extent = x.shape.at(axis);
  if (typeof extent === 'number') return extent;
  throw new OnnxError(
    `the layer "${layer}" needs to know extent ${axis} of its input, which is [${x.shape.join(', ')}]: give it as a number`,
  );
}
