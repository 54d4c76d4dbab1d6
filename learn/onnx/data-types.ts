/** The element types of ONNX (`TensorProto.DataType`) and which of them a `Tensor` can hold. */
import type { DType, TensorArrays } from '../../runtime/tensor.js';
import { OnnxError } from './error.js';

/** Code in the file, width in bytes and array of every type that a `Tensor` can hold. */
export const DATA_TYPES = {
  float32: { code: 1, width: 4, array: Float32Array },
  uint8: { code: 2, width: 1, array: Uint8Array },
  int8: { code: 3, width: 1, array: Int8Array },
  int32: { code: 6, width: 4, array: Int32Array },
  int64: { code: 7, width: 8, array: BigInt64Array },
  bool: { code: 9, width: 1, array: Uint8Array },
  float16: { code: 10, width: 2, array: Uint16Array },
  float64: { code: 11, width: 8, array: Float64Array },
} as const satisfies {
  [D in DType]: { code: number; width: number; array: new (length: number) => TensorArrays[D] };
};

/** An element type of the format. */
export interface ElementType {
  readonly name: string;
  /** Bits of one element in `rawData`; 0 for texts, which stand in `stringData` only. */
  readonly bits: number;
}

/** Every element type by its code in the file (`TensorProto.DataType`, up to IR version 11). */
export const ELEMENT_TYPES: Readonly<Record<number, ElementType>> = {
  1: { name: 'float32', bits: 32 },
  2: { name: 'uint8', bits: 8 },
  3: { name: 'int8', bits: 8 },
  4: { name: 'uint16', bits: 16 },
  5: { name: 'int16', bits: 16 },
  6: { name: 'int32', bits: 32 },
  7: { name: 'int64', bits: 64 },
  8: { name: 'string', bits: 0 },
  9: { name: 'bool', bits: 8 },
  10: { name: 'float16', bits: 16 },
  11: { name: 'float64', bits: 64 },
  12: { name: 'uint32', bits: 32 },
  13: { name: 'uint64', bits: 64 },
  14: { name: 'complex64', bits: 64 },
  15: { name: 'complex128', bits: 128 },
  16: { name: 'bfloat16', bits: 16 },
  17: { name: 'float8e4m3fn', bits: 8 },
  18: { name: 'float8e4m3fnuz', bits: 8 },
  19: { name: 'float8e5m2', bits: 8 },
  20: { name: 'float8e5m2fnuz', bits: 8 },
  21: { name: 'uint4', bits: 4 },
  22: { name: 'int4', bits: 4 },
  23: { name: 'float4e2m1', bits: 4 },
};

const BY_CODE = new Map<number, DType>(
  (Object.keys(DATA_TYPES) as DType[]).map((dtype) => [DATA_TYPES[dtype].code, dtype]),
);

/** The element type of a code in a file. @throws OnnxError naming `what` when a `Tensor` cannot hold that type */
export function dtypeOf(code: number | undefined, what: string): DType {
  const dtype = BY_CODE.get(code ?? 0);
  if (dtype) return dtype;
  throw new OnnxError(
    `${what} has element type ${elementTypeName(code)}: cast it to one of ${Object.keys(DATA_TYPES).join(', ')}`,
  );
}

/** The name of a code, for messages. */
export function elementTypeName(code: number | undefined): string {
  return code ? (ELEMENT_TYPES[code]?.name ?? `number ${code}`) : 'undefined';
}

export function codeOf(dtype: DType): number {
  return DATA_TYPES[dtype].code;
}

/** Whether gradients exist for values of this type. */
export function isFloat(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'float16';
}
