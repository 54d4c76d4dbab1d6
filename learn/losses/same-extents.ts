/** Two values that are compared element by element. */
import { isFloat, OnnxError, type Value } from '../onnx/index.js';
import { formatShape } from '../onnx/shape.js';

/**
 * Broadcasting is refused: [N, 1] against [N] would silently compare every row with every other.
 * @throws OnnxError when types or shapes differ; symbols only the run can tell apart
 */
export function sameExtents(loss: string, a: Value, b: Value): void {
  const fits =
    a.shape.length === b.shape.length &&
    a.shape.every((dim, axis) => typeof dim === 'string' || typeof b.shape[axis] === 'string' || dim === b.shape[axis]);
  if (fits && isFloat(a.dtype) && a.dtype === b.dtype) return;
  const describe = ({ name, dtype, shape }: Value) => `"${name}" ${dtype}${formatShape(shape)}`;
  throw new OnnxError(`${loss} compares values of one type and shape, not ${describe(a)} with ${describe(b)}`);
}
