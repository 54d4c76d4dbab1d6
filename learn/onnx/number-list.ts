/**
 * A list of numbers that grows while a file is read. It is a typed array: a plain list would need up to 32 bytes of memory
 * for a byte of the file, and would not keep the bits of every NaN.
 */
import type { ScalarKind } from './fields.js';
import type { WireReader } from './wire.js';

type NumberArray = Float32Array | Float64Array | Int32Array | BigInt64Array | BigUint64Array;

/** The array for each kind of number that the format keeps packed, and what reads one number. */
const ARRAYS: { readonly [K in ScalarKind]?: new (length: number) => NumberArray } = {
  float: Float32Array,
  double: Float64Array,
  int32: Int32Array,
  bigint: BigInt64Array,
  uint64: BigUint64Array,
};

const READ: { readonly [K in ScalarKind]?: (reader: WireReader) => number | bigint } = {
  int32: (reader) => reader.int32(),
  bigint: (reader) => reader.int64(),
  uint64: (reader) => reader.uint64(),
};

export class NumberList {
  readonly #kind: ScalarKind;
  readonly #array: new (
    length: number,
  ) => NumberArray;
  #values: NumberArray;
  #length: number;

  /** @param earlier what stood in an earlier piece of the same message */
  constructor(kind: ScalarKind, earlier?: NumberArray) {
    this.#kind = kind;
    this.#array = ARRAYS[kind]!;
    this.#values = earlier ?? new this.#array(0);
    this.#length = this.#values.length;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#values.length) return;
    // The first block is the only one in files of other writers than hostile ones: it gets its exact size.
    const grown = new this.#array(this.#length === 0 ? count : Math.max(needed, 2 * this.#length));
    (grown as Float64Array).set(this.#values.subarray(0, this.#length) as Float64Array);
    this.#values = grown;
  }

  push(value: number | bigint): void {
    this.#reserve(1);
    this.#values[this.#length++] = value;
  }

  /** Reads a packed block that ends at `end`. */
  readBlock(reader: WireReader, end: number): void {
    const read = READ[this.#kind];
    if (!read) return this.#copyBlock(reader, end);
    this.#reserve(reader.countVarints(end));
    while (reader.position < end) this.push(read(reader));
  }

  /** Numbers of fixed width stand in the file as in memory, little endian. */
  #copyBlock(reader: WireReader, end: number): void {
    const width = this.#values.BYTES_PER_ELEMENT;
    const count = Math.floor((end - reader.position) / width);
    this.#reserve(count);
    const target = new Uint8Array(this.#values.buffer, this.#length * width, count * width);
    target.set(reader.bytes.subarray(reader.position, reader.position + count * width));
    this.#length += count;
    reader.position += count * width;
    // Bytes that make no whole number are reported as any cut number is.
    if (reader.position < end) width === 4 ? reader.float() : reader.double();
  }

  finish(): NumberArray {
    return this.#length === this.#values.length ? this.#values : this.#values.slice(0, this.#length);
  }
}
