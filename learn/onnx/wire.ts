/** Protobuf's wire format (protobuf.dev/programming-guides/encoding): varints, fixed-width numbers and counted bytes. */
import { OnnxError } from './error.js';

export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Protobuf's own limit for one message, in bytes; a file above it cannot be read by anybody. */
export const LARGEST_MESSAGE = 2 ** 31 - 1;

// `ignoreBOM` keeps a leading U+FEFF: dropping it would lose bytes.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** What a file may cost in memory whatever its size, in bytes. */
const FREE_MEMORY = 2 ** 24;
/** What it may cost beyond that for each of its bytes. Real models stay below 25, hostile ones would need hundreds. */
const MEMORY_PER_BYTE = 32;

/** Reads from `position` to `end` of the bytes. Nothing is allocated that the bytes themselves do not fill. */
export class WireReader {
  readonly bytes: Uint8Array;
  position: number;
  /** Where the message ends that is being read: see {@link within}. */
  #end: number;
  #memory: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    // Not a Buffer, which files are read into: the parts of one are not plain arrays of bytes.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = start;
    this.#end = end;
    this.#memory = FREE_MEMORY + MEMORY_PER_BYTE * (end - start);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get end(): number {
    return this.#end;
  }

  /** Reads a part of the bytes as if nothing stood behind it, and goes on after it. */
  within<T>(end: number, read: () => T): T {
    const outer = this.#end;
    this.#end = end;
    const result = read();
    this.#end = outer;
    this.position = end;
    return result;
  }

  /**
   * Counts what a value costs in memory, in bytes. Two bytes of a file can make an object of hundreds, so that a small
   * hostile file would exhaust the memory.
   */
  charge(cost: number): void {
    this.#memory -= cost;
    if (this.#memory >= 0) return;
    throw new OnnxError(
      `the file is damaged or hostile: its ${this.bytes.length} bytes are made of so many tiny parts that they would need more than ${MEMORY_PER_BYTE} times their size in memory`,
      { offset: this.position },
    );
  }

  #require(count: number, what: string): void {
    if (count > this.#end - this.position) {
      throw new OnnxError(
        `the file is cut short or damaged: ${what} needs ${count} bytes, ${this.#end - this.position} are left`,
        { offset: this.position },
      );
    }
  }

  /** The low, middle and high 28, 28 and 8 bits of a varint, in `#low`, `#middle` and `#high`. */
  #low = 0;
  #middle = 0;
  #high = 0;

  #varint(): void {
    const start = this.position;
    this.#low = 0;
    this.#middle = 0;
    this.#high = 0;
    for (let index = 0; index < 10; index++) {
      if (this.position >= this.#end) {
        throw new OnnxError('the file is cut short or damaged: a number does not end', { offset: start });
      }
      const byte = this.bytes[this.position++]!;
      if (index < 4) this.#low |= (byte & 0x7f) << (7 * index);
      else if (index < 8) this.#middle |= (byte & 0x7f) << (7 * (index - 4));
      else this.#high |= (byte & 0x7f) << (7 * (index - 8));
      if (byte < 0x80) return;
    }
    throw new OnnxError('the file is damaged: a number has more than 10 bytes', { offset: start });
  }

  uint64(): bigint {
    this.#varint();
    if (this.#high === 0 && this.#middle < 2 ** 25) return BigInt(this.#low + this.#middle * 2 ** 28);
    const value = BigInt(this.#low) | (BigInt(this.#middle) << 28n) | (BigInt(this.#high) << 56n);
    return BigInt.asUintN(64, value);
  }

  int64(): bigint {
    return BigInt.asIntN(64, this.uint64());
  }

  /** An int64 as a number. @throws OnnxError beyond 2^53. */
  integer(): number {
    const start = this.position;
    this.#varint();
    if (this.#high === 0 && this.#middle < 2 ** 25) return this.#low + this.#middle * 2 ** 28;
    this.position = start;
    const value = Number(this.int64());
    if (!Number.isSafeInteger(value)) {
      throw new OnnxError(`the number ${value} is too large for an extent or a version`, { offset: start });
    }
    return value;
  }

  int32(): number {
    this.#varint();
    return this.#low | (this.#middle << 28) | 0;
  }

  float(): number {
    this.#require(4, 'a float');
    this.position += 4;
    return this.#view.getFloat32(this.position - 4, true);
  }

  double(): number {
    this.#require(8, 'a double');
    this.position += 8;
    return this.#view.getFloat64(this.position - 8, true);
  }

  /** The end of the counted field that starts here; the position is behind its length then. */
  length(): number {
    const start = this.position;
    this.#varint();
    const count = this.#low + this.#middle * 2 ** 28 + this.#high * 2 ** 56;
    if (count > this.#end - this.position) {
      throw new OnnxError(
        `the file is cut short or damaged: a field says it has ${count} bytes, ${this.#end - this.position} are left`,
        { offset: start },
      );
    }
    return this.position + count;
  }

  /** How many varints the bytes from here to `end` hold. */
  countVarints(end: number): number {
    let count = 0;
    for (let index = this.position; index < end; index++) if (this.bytes[index]! < 0x80) count++;
    return count;
  }

  /** A view of the file's bytes, not a copy. */
  counted(): Uint8Array {
    const end = this.length();
    const view = this.bytes.subarray(this.position, end);
    this.position = end;
    return view;
  }

  text(): string {
    const start = this.position;
    const bytes = this.counted();
    try {
      return utf8.decode(bytes);
    } catch (cause) {
      throw new OnnxError('the file is damaged: a text is not valid UTF-8', { offset: start, cause });
    }
  }

  tag(): { number: number; wire: number; start: number } {
    const start = this.position;
    this.#varint();
    const tag = this.#low + this.#middle * 2 ** 28;
    const number = Math.floor(tag / 8);
    if (number === 0 || tag >= 2 ** 32 || this.#high !== 0) {
      throw new OnnxError('this is not an ONNX file, or it is damaged: a field has no valid number', { offset: start });
    }
    return { number, wire: tag % 8, start };
  }

  /** Steps over the payload of a field. */
  skip(wire: number, start: number): void {
    switch (wire) {
      case WIRE.varint:
        this.#varint();
        return;
      case WIRE.fixed64:
        this.#require(8, 'a field');
        this.position += 8;
        return;
      case WIRE.bytes:
        this.position = this.length();
        return;
      case WIRE.fixed32:
        this.#require(4, 'a field');
        this.position += 4;
        return;
      default:
        throw new OnnxError(`this is not an ONNX file, or it is damaged: wire type ${wire} does not exist in ONNX`, {
          offset: start,
        });
    }
  }
}

export function tooLarge(): OnnxError {
  return new OnnxError(
    'the model exceeds 2 GiB, the limit of a protobuf file: write it with saveModel(model, path, { externalData: true }), which keeps large tensors in a file beside it',
  );
}

/** Writes from the back to the front, so that a message's length is known when its turn comes: one pass, one buffer. */
export class WireWriter {
  #buffer = new Uint8Array(1024);
  #position = 1024;

  /** Number of bytes written. */
  get length(): number {
    return this.#buffer.length - this.#position;
  }

  #claim(count: number): void {
    if (count <= this.#position) {
      this.#position -= count;
      return;
    }
    const needed = this.length + count;
    if (needed > LARGEST_MESSAGE) throw tooLarge();
    const grown = new Uint8Array(Math.min(Math.max(needed, 2 * this.#buffer.length), LARGEST_MESSAGE));
    const position = grown.length - this.length;
    grown.set(this.#buffer.subarray(this.#position), position);
    this.#buffer = grown;
    this.#position = position - count;
  }

  raw(bytes: Uint8Array): void {
    this.#claim(bytes.length);
    this.#buffer.set(bytes, this.#position);
  }

  /** A whole number >= 0 and at most 2^53. */
  varint(value: number): void {
    let size = 1;
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
    this.#claim(size);
    let rest = value;
    for (let index = 0; index < size; index++) {
      this.#buffer[this.#position + index] = (rest % 0x80) | (index < size - 1 ? 0x80 : 0);
      rest = Math.floor(rest / 0x80);
    }
  }

  /** An int64 or uint64: negative numbers take ten bytes. */
  int64(value: bigint | number): void {
    if (typeof value === 'number' && value >= 0) {
      this.varint(value);
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    const bytes: number[] = [];
    do {
      bytes.push(Number(rest & 0x7fn) | (rest >= 0x80n ? 0x80 : 0));
      rest >>= 7n;
    } while (rest > 0n);
    this.raw(Uint8Array.from(bytes));
  }

  float(value: number): void {
    this.#claim(4);
    new DataView(this.#buffer.buffer).setFloat32(this.#position, value, true);
  }

  double(value: number): void {
    this.#claim(8);
    new DataView(this.#buffer.buffer).setFloat64(this.#position, value, true);
  }

  text(value: string): void {
    this.raw(encoder.encode(value));
  }

  tag(number: number, wire: number): void {
    this.varint(number * 8 + wire);
  }

  /** The bytes written so far, in memory of their own. */
  finish(): Uint8Array {
    return this.#buffer.slice(this.#position);
  }
}
