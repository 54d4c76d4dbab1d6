/** The one type that `runtime/` and `learn/` share: a dense, row-major array with a shape. Plain data, so it crosses threads. */

/** Element type of a tensor and the typed array that holds it. `bool` holds one byte an element, `float16` the raw 16 bits. */
export interface TensorArrays {
  float32: Float32Array;
  float64: Float64Array;
  float16: Uint16Array;
  int8: Int8Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

export type DType = keyof TensorArrays;

/** Values of one type, row-major (the last axis varies fastest). `data.length` is the product of `shape`. */
export interface Tensor<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: TensorArrays[D];
}

/** Number of elements of a shape; 1 for a scalar (`[]`). */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const extent of shape) count *= extent;
  return count;
}

/**
 * Makes a tensor of `data` without copying it.
 * @throws RangeError if the shape has a negative or fractional extent, or does not hold exactly `data.length` elements.
 */
export function tensor<D extends DType>(dtype: D, shape: readonly number[], data: TensorArrays[D]): Tensor<D> {
  if (shape.some((extent) => !Number.isInteger(extent) || extent < 0)) {
    throw new RangeError(`a tensor's shape is made of whole numbers >= 0, not [${shape.join(', ')}]`);
  }
  if (elementCount(shape) !== data.length) {
    throw new RangeError(
      `shape [${shape.join(', ')}] holds ${elementCount(shape)} elements, the data has ${data.length}`,
    );
  }
  return { dtype, shape, data };
}

/** Whether `value` is a tensor: tells tensors apart from other plain data that crosses threads. */
export function isTensor(value: unknown): value is Tensor {
  if (typeof value !== 'object' || value === null) return false;
  const { dtype, shape, data } = value as { dtype?: unknown; shape?: unknown; data?: unknown };
  return typeof dtype === 'string' && Array.isArray(shape) && ArrayBuffer.isView(data);
}

/**
 * The same values in shared memory: sending such a tensor to another thread copies nothing.
 * Readers must treat it as read-only. A tensor that already is shared comes back as it is.
 */
export function shareTensor<D extends DType>(source: Tensor<D>): Tensor<D> {
  const view = source.data;
  if (view.buffer instanceof SharedArrayBuffer) return source;
  const bytes = new Uint8Array(new SharedArrayBuffer(view.byteLength));
  bytes.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  const TypedArray = view.constructor as new (buffer: SharedArrayBuffer) => TensorArrays[D];
  return { dtype: source.dtype, shape: source.shape, data: new TypedArray(bytes.buffer as SharedArrayBuffer) };
}
