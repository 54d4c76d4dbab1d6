/** From a `Tensor` to ONNX's `TensorProto` and back. */
import { type DType, elementCount, type Tensor, type TensorArrays } from '../../runtime/tensor.js';
import { DATA_TYPES, dtypeOf } from './data-types.js';
import { OnnxError } from './error.js';
import type { TensorProto } from './messages.js';

/** Values as `rawData`, a view of the tensor's memory, not a copy. (Every platform onnxruntime supports is little endian, as the format is.) */
export function toTensorProto(tensor: Tensor, name?: string): TensorProto {
  const { buffer, byteOffset, byteLength } = tensor.data;
  return {
    dims: [...tensor.shape],
    dataType: DATA_TYPES[tensor.dtype].code,
    ...(name === undefined ? {} : { name }),
    rawData: new Uint8Array(buffer, byteOffset, byteLength),
  };
}

/**
 * The tensor of a `TensorProto`, in memory of its own.
 * @throws OnnxError when its type has no counterpart, its values are in another file, or their number does not fit its shape
 */
export function fromTensorProto(proto: TensorProto): Tensor {
  const what = proto.name ? `tensor "${proto.name}"` : 'a tensor without name';
  const dtype = dtypeOf(proto.dataType, what);
  if (proto.dataLocation === 1) {
    const file = proto.externalData?.find((entry) => entry.key === 'location')?.value;
    throw new OnnxError(
      `${what} has its values in another file (${file ?? 'not named'}): save the model as a single file`,
    );
  }
  if (proto.dims.some((extent) => extent < 0))
    throw new OnnxError(`${what} has a negative extent: [${proto.dims.join(', ')}]`);
  const count = elementCount(proto.dims);
  const data = proto.rawData ? fromRaw(dtype, proto.rawData, count, what) : fromList(dtype, proto, count, what);
  return { dtype, shape: [...proto.dims], data };
}

function fromRaw(dtype: DType, raw: Uint8Array, count: number, what: string): TensorArrays[DType] {
  const { width, array } = DATA_TYPES[dtype];
  // Checked before anything is allocated: the shape of a hostile file may promise terabytes.
  if (raw.length !== count * width)
    throw new OnnxError(`${what} needs ${count * width} bytes of data, the file has ${raw.length}`);
  const data = new array(count);
  new Uint8Array(data.buffer).set(raw);
  return data;
}

/** Which list holds the values of a type; `int32Data` also holds the narrow types, and the raw bits of float16. */
function listOf(dtype: DType, proto: TensorProto): readonly number[] | readonly bigint[] {
  if (dtype === 'float32') return proto.floatData ?? [];
  if (dtype === 'float64') return proto.doubleData ?? [];
  if (dtype === 'int64') return proto.int64Data ?? [];
  return proto.int32Data ?? [];
}

function fromList(dtype: DType, proto: TensorProto, count: number, what: string): TensorArrays[DType] {
  const values = listOf(dtype, proto);
  if (values.length !== count) throw new OnnxError(`${what} needs ${count} values, the file has ${values.length}`);
  if (dtype === 'int64') return BigInt64Array.from(values as readonly bigint[]);
  return DATA_TYPES[dtype].array.from(values as readonly number[]);
}
