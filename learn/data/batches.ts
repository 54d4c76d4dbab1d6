/** The batches of an epoch, as pure functions: a resumed job sees exactly the rows that it would have seen. */
import { elementCount, type Tensor, tensor } from '../../runtime/tensor.js';
import { permutation, random, STREAMS } from '../random.js';

/**
 * The order of the rows in an epoch, a permutation of 0..count-1. [count]
 * @param seed whole number in [0, 2^53)
 * @param epoch from 0
 */
export function epochOrder(seed: number, epoch: number, count: number): Int32Array {
  return permutation(count, random(seed, STREAMS.order, epoch));
}

/** Half-open range of positions in an epoch's order. */
export interface BatchBounds {
  readonly from: number;
  readonly to: number;
}

/**
 * Cuts `count` rows into batches. The last one is smaller where `batchSize` does not divide `count`; with `dropLast` it is
 * left out, unless it would be the only one.
 * @throws RangeError unless `batchSize` is a whole number >= 1
 */
export function batchBounds(count: number, batchSize: number, { dropLast = false } = {}): BatchBounds[] {
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new RangeError(`batch_size is a whole number from 1, not ${batchSize}`);
  const bounds: BatchBounds[] = [];
  for (let from = 0; from < count; from += batchSize) bounds.push({ from, to: Math.min(from + batchSize, count) });
  const last = bounds.at(-1);
  if (dropLast && last && bounds.length > 1 && last.to - last.from < batchSize) bounds.pop();
  return bounds;
}

/** Rows in memory of their own: ONNX Runtime refuses shared memory. */
export interface Batch {
  /** [B, ...] */
  readonly features: Tensor<'float32'>;
  /** [B] */
  readonly labels: Tensor<'int64'>;
}

/**
 * Copies the rows `order[from..to)` out of the data.
 * @param features [N, ...]
 * @param labels [N]
 * @param reuse an earlier batch that nobody needs any more: its memory is written over where it suffices
 * @throws RangeError when the range or a row lies outside
 */
export function gatherBatch(
  features: Tensor<'float32'>,
  labels: Tensor<'int32'>,
  order: ArrayLike<number>,
  { from, to }: BatchBounds,
  reuse?: Batch,
): Batch {
  const [count = 0, ...rowShape] = features.shape;
  if (labels.data.length !== count)
    throw new RangeError(`${count} rows of features and ${labels.data.length} labels do not belong together`);
  if (!(from >= 0 && from <= to && to <= order.length))
    throw new RangeError(`there is no range ${from}..${to} in an order of ${order.length}`);
  const width = elementCount(rowShape);
  const size = to - from;
  const values = memory(reuse?.features.data, size * width, (length) => new Float32Array(length));
  const codes = memory(reuse?.labels.data, size, (length) => new BigInt64Array(length));
  for (let position = 0; position < size; position++) {
    const row = order[from + position]!;
    if (!(row >= 0 && row < count)) throw new RangeError(`there is no row ${row} among ${count}`);
    values.set(features.data.subarray(row * width, (row + 1) * width), position * width);
    codes[position] = BigInt(labels.data[row]!);
  }
  return { features: tensor('float32', [size, ...rowShape], values), labels: tensor('int64', [size], codes) };
}

/** `length` elements: the head of the old memory where it is large enough (a view, so that a short last batch costs none). */
function memory<A extends Float32Array | BigInt64Array>(
  old: A | undefined,
  length: number,
  create: (length: number) => A,
): A {
  if (!old || old.buffer instanceof SharedArrayBuffer) return create(length);
  const capacity = (old.buffer.byteLength - old.byteOffset) / old.BYTES_PER_ELEMENT;
  if (capacity < length) return create(length);
  const View = old.constructor as new (buffer: ArrayBufferLike, offset: number, length: number) => A;
  return new View(old.buffer, old.byteOffset, length);
}
