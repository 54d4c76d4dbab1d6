/** Writes trained values back into the file that they come from. */

import type { Tensor } from '../../../runtime/tensor.js';
import { type ModelProto, OnnxError, type TensorProto } from '../../onnx/index.js';

const FLOAT32 = 1;

/**
 * The file with other values of some of its stored tensors, and everything else as it was: names, order, metadata, operator sets, and
 * the field in which a tensor has its values.
 * @param values float32, of the shapes that the file has
 * @throws OnnxError when the file stores no such tensor, or one of another type or shape
 */
export function withNewWeights(file: ModelProto, values: Readonly<Record<string, Tensor>>): ModelProto {
  const { graph } = file;
  if (!graph) throw new OnnxError('the file holds no graph');
  const left = new Set(Object.keys(values));
  const initializer = graph.initializer.map((stored) => {
    const { name = '' } = stored;
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (!value) return stored;
    left.delete(name);
    return replaced(stored, value);
  });
  if (left.size > 0)
    throw new OnnxError(`the file stores no tensor "${[...left][0]}": it is not the one that was trained`);
  return { ...file, graph: { ...graph, initializer } };
}

function replaced(stored: TensorProto, { dtype, shape, data }: Tensor): TensorProto {
  if (stored.dataType !== FLOAT32 || dtype !== 'float32' || stored.dims.join() !== shape.join())
    throw new OnnxError(
      `"${stored.name}" is stored as [${stored.dims.join(', ')}] of type ${stored.dataType}: a value of ${dtype}[${shape.join(', ')}] does not fit`,
    );
  const numbers = Float32Array.from(data as Float32Array);
  return stored.rawData === undefined
    ? { ...stored, floatData: numbers as unknown as NonNullable<TensorProto['floatData']> }
    : { ...stored, rawData: new Uint8Array(numbers.buffer) };
}
