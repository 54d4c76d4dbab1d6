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

/** Names of the codes that ONNX has and we cannot hold, for messages. */
const FOREIGN: Readonly<Record<number, string>> = {
  0: 'undefined',
  4: 'uint16',
  5: 'int16',
  8: 'string',
  12: 'uint32',
  13: 'uint64',
  14: 'complex64',
  15: 'complex128',
  16: 'bfloat16',
  17: 'float8e4m3fn',
  18: 'float8e4m3fnuz',
  19: 'float8e5m2',
  20: 'float8e5m2fnuz',
  21: 'uint4',
  22: 'int4',
  23: 'float4e2m1',
};

const BY_CODE = new Map<number, DType>(
  (Object.keys(DATA_TYPES) as DType[]).map((dtype) => [DATA_TYPES[dtype].code, dtype]),
);

/** The element type of a code in a file. @throws OnnxError naming `what` when a `Tensor` cannot hold that type */
export function dtypeOf(code: number | undefined, what: string): DType {
  const dtype = BY_CODE.get(code ?? 0);
  if (dtype) return dtype;
  throw new OnnxError(
    `${what} has element type ${FOREIGN[code ?? 0] ?? `number ${code}`}: cast it to one of ${Object.keys(DATA_TYPES).join(', ')}`,
  );
}

export function codeOf(dtype: DType): number {
  return DATA_TYPES[dtype].code;
}

/** Whether gradients exist for values of this type. */
export function isFloat(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'float16';
}
