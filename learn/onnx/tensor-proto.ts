/** From a `Tensor` to ONNX's `TensorProto` and back. */
import type { DType, Tensor, TensorArrays } from '../../runtime/tensor.js';
import { DATA_TYPES, dtypeOf, ELEMENT_TYPES, elementTypeName } from './data-types.js';
import { OnnxError } from './error.js';
import type { TensorProto } from './messages.js';

/** `dataLocation` of a tensor whose values are in another file. */
export const EXTERNAL = 1;

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
  const what = describe(proto);
  const dtype = dtypeOf(proto.dataType, what);
  const bytes = tensorBytes(proto);
  const { width, array } = DATA_TYPES[dtype];
  const data = new array(bytes.length / width) as TensorArrays[DType];
  new Uint8Array(data.buffer).set(bytes);
  return { dtype, shape: [...proto.dims], data };
}

/**
 * The values of a tensor of any type but texts, as `rawData` lays them out: little endian, 4-bit elements in pairs.
 * A view where the tensor has `rawData`, otherwise made from its list of values.
 * @throws OnnxError when the values are in another file, are texts, or do not fit the shape
 */
export function tensorBytes(proto: TensorProto): Uint8Array {
  const what = describe(proto);
  if (proto.dataLocation === EXTERNAL) {
    const file = proto.externalData?.find(({ key }) => key === 'location')?.value;
    throw new OnnxError(
      `${what} has its values in another file (${file ?? 'not named'}): read the model with loadModel(path), which takes them in`,
    );
  }
  // Checked before anything is allocated: the shape of a hostile file may promise terabytes.
  const expected = byteLength(proto);
  const bytes = proto.rawData ?? bytesOfList(proto, expected);
  if (bytes.length === expected) return bytes;
  throw new OnnxError(`${what} needs ${expected} bytes of data, the file has ${bytes.length}`);
}

/** How many bytes the values of a tensor take. @throws OnnxError when it holds texts, or has a shape that nothing holds */
export function byteLength(proto: TensorProto): number {
  const type = ELEMENT_TYPES[proto.dataType ?? 0];
  if (!type) {
    throw new OnnxError(
      `${describe(proto)} has element type ${elementTypeName(proto.dataType)}, which ONNX does not have`,
    );
  }
  if (type.bits === 0)
    throw new OnnxError(`${describe(proto)} holds texts, whose size is not known: they are not numbers`);
  return Math.ceil((elementsOf(proto) * type.bits) / 8);
}

/** The number of elements. @throws OnnxError when an extent is negative, or the product of the extents beyond 2^53 */
export function elementsOf(proto: TensorProto): number {
  const shape = `[${proto.dims.join(', ')}]`;
  if (proto.dims.some((extent) => extent < 0))
    throw new OnnxError(`${describe(proto)} has a negative extent: ${shape}`);
  // An extent of 0 makes the rest not matter, however large it is.
  const count = proto.dims.includes(0) ? 0 : proto.dims.reduce((product, extent) => product * extent, 1);
  if (Number.isSafeInteger(count)) return count;
  throw new OnnxError(`${describe(proto)} has more than 2^53 elements: ${shape}`);
}

/**
 * Holds the number of values against the shape, without reading them.
 * @throws OnnxError when they do not fit, or the shape is none
 */
export function checkTensorProto(proto: TensorProto): void {
  if (elementTypeName(proto.dataType) === 'string') {
    if (elementsOf(proto) === (proto.stringData?.length ?? 0)) return;
    throw new OnnxError(
      `${describe(proto)} needs ${elementsOf(proto)} texts, the file has ${proto.stringData?.length ?? 0}`,
    );
  }
  if (proto.rawData) tensorBytes(proto);
  else listOf(proto, byteLength(proto));
}

function describe({ name }: TensorProto): string {
  return name ? `tensor "${name}"` : 'a tensor without name';
}

type NumberArray = new (length: number) => ArrayBufferView<ArrayBuffer>;
type List = 'floatData' | 'doubleData' | 'int64Data' | 'uint64Data' | 'int32Data';

/**
 * Which list holds the values of a type that has no `rawData` (`onnx.proto`, TensorProto), and the array that holds them.
 * Narrow types, and the bits of float16 and its like, stand in `int32Data`, a byte of two 4-bit elements as one number.
 */
const LISTS: Readonly<Record<string, readonly [List, NumberArray]>> = {
  float32: ['floatData', Float32Array],
  complex64: ['floatData', Float32Array],
  float64: ['doubleData', Float64Array],
  complex128: ['doubleData', Float64Array],
  int64: ['int64Data', BigInt64Array],
  uint64: ['uint64Data', BigUint64Array],
  uint32: ['uint64Data', Uint32Array],
  int32: ['int32Data', Int32Array],
  int16: ['int32Data', Uint16Array],
  uint16: ['int32Data', Uint16Array],
  float16: ['int32Data', Uint16Array],
  bfloat16: ['int32Data', Uint16Array],
};

/** @throws OnnxError when the list does not have the values that `expected` bytes need */
function listOf(proto: TensorProto, expected: number): { array: NumberArray; values: ArrayLike<number | bigint> } {
  const [list, array] = LISTS[elementTypeName(proto.dataType)] ?? (['int32Data', Uint8Array] as const);
  const values = proto[list] ?? [];
  const count = expected / (array as unknown as { BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT;
  if (values.length === count) return { array, values };
  throw new OnnxError(`${describe(proto)} needs ${count} values, the file has ${values.length}`);
}

function bytesOfList(proto: TensorProto, expected: number): Uint8Array {
  const { array, values } = listOf(proto, expected);
  const wide = array === Uint32Array ? Array.from(values, Number) : values;
  const made = new array(values.length);
  (made as Float64Array<ArrayBuffer>).set(wide as ArrayLike<number>);
  return new Uint8Array(made.buffer);
}
