/**
 * Plain data with typed arrays as one run of bytes: artefacts and checkpoints on the disk.
 * Layout: magic (8 bytes), length of the header (uint32, little-endian), header (JSON, UTF-8), then each array at a multiple
 * of 64 bytes. In the header an array stands as `{"$array": [type, offset, length]}`.
 */

const MAGIC = Buffer.from('GANGLV01', 'latin1');
const ALIGNMENT = 64;
const DEEPEST = 100;

const ARRAYS = {
  Float32Array,
  Float64Array,
  Int8Array,
  Int16Array,
  Int32Array,
  BigInt64Array,
  Uint8Array,
  Uint16Array,
  Uint32Array,
  BigUint64Array,
} as const;
type ArrayName = keyof typeof ARRAYS;
type AnyArray = InstanceType<(typeof ARRAYS)[ArrayName]>;

export class PackError extends Error {
  override readonly name = 'PackError';
  readonly code = 'damaged';
}

const MARKS: ReadonlySet<string> = new Set(['$array', '$number', '$record']);

/** Whether JSON would not give the number back: NaN, the infinities, and -0. */
export function isLostInJson(value: unknown): boolean {
  return typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0));
}

const aligned = (offset: number): number => Math.ceil(offset / ALIGNMENT) * ALIGNMENT;

/** @throws TypeError for what is not plain data: functions, class instances, bigint, cycles */
export function pack(value: unknown): Uint8Array {
  const arrays: AnyArray[] = [];
  const places = new Map<object, unknown>();
  let size = 0;
  let end = 0;
  const encode = (item: unknown, depth: number): unknown => {
    if (depth > DEEPEST) throw new TypeError('plain data nests at most 100 levels; is there a cycle?');
    if (item === null || typeof item === 'string' || typeof item === 'boolean') return item;
    if (typeof item === 'number')
      return isLostInJson(item) ? { $number: Object.is(item, -0) ? '-0' : String(item) } : item;
    if (typeof item !== 'object') throw new TypeError(`a ${typeof item} is not plain data`);
    if (ArrayBuffer.isView(item)) {
      const known = places.get(item);
      if (known) return known;
      const array = item as AnyArray;
      // A Buffer is bytes like any other.
      const type = array instanceof Uint8Array ? 'Uint8Array' : array.constructor.name;
      if (!(type in ARRAYS)) throw new TypeError(`a ${type} is not plain data`);
      const place = { $array: [type, size, array.length] };
      places.set(item, place);
      arrays.push(array);
      end = size + array.byteLength;
      size = aligned(end);
      return place;
    }
    if (Array.isArray(item)) return item.map((element) => encode(element, depth + 1));
    const prototype = Object.getPrototypeOf(item);
    if (prototype !== Object.prototype && prototype !== null)
      throw new TypeError(`a ${item.constructor?.name} is not plain data`);
    const entries = Object.entries(item).filter(([, field]) => field !== undefined);
    const encoded = entries.map(([name, field]) => [name, encode(field, depth + 1)] as const);
    // Data of somebody's own that looks like a mark of ours.
    if (entries.some(([name]) => MARKS.has(name))) return { $record: encoded };
    return Object.fromEntries(encoded);
  };
  const header = Buffer.from(JSON.stringify(encode(value, 0) ?? null), 'utf8');
  const start = aligned(MAGIC.length + 4 + header.length);
  const bytes = new Uint8Array(start + end);
  bytes.set(MAGIC, 0);
  new DataView(bytes.buffer).setUint32(MAGIC.length, header.length, true);
  bytes.set(header, MAGIC.length + 4);
  let offset = start;
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), offset);
    offset = aligned(offset + array.byteLength);
  }
  return bytes;
}

/** @param shared whether the arrays are to lie in shared memory, for values that cross threads @throws PackError */
export function unpack(bytes: Uint8Array, { shared = false } = {}): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < MAGIC.length + 4 || MAGIC.compare(bytes, 0, MAGIC.length) !== 0)
    throw new PackError('this is not a packed value');
  const headerLength = view.getUint32(MAGIC.length, true);
  const start = aligned(MAGIC.length + 4 + headerLength);
  if (start > bytes.length) throw new PackError('the packed value is cut off');
  let header: unknown;
  try {
    header = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + MAGIC.length + 4, headerLength).toString('utf8'));
  } catch (error) {
    throw new PackError(`the packed value has a damaged header: ${(error as Error).message}`);
  }
  const decode = (item: unknown): unknown => {
    if (typeof item !== 'object' || item === null) return item;
    if (Array.isArray(item)) return item.map(decode);
    const {
      $array: place,
      $number: number,
      $record: record,
    } = item as Partial<Record<'$array' | '$number' | '$record', unknown>>;
    if (Array.isArray(record)) {
      return Object.fromEntries((record as [string, unknown][]).map(([name, field]) => [name, decode(field)]));
    }
    if (typeof number === 'string') return Number(number);
    if (Array.isArray(place)) return decodeArray(place);
    return Object.fromEntries(Object.entries(item).map(([name, field]) => [name, decode(field)]));
  };
  const decodeArray = ([type, offset, length]: unknown[]): AnyArray => {
    const View = ARRAYS[type as ArrayName];
    if (!View || typeof offset !== 'number' || typeof length !== 'number')
      throw new PackError('the packed value names an unknown array');
    const byteLength = length * View.BYTES_PER_ELEMENT;
    if (start + offset + byteLength > bytes.length) throw new PackError('the packed value is cut off');
    const memory = shared ? new SharedArrayBuffer(byteLength) : new ArrayBuffer(byteLength);
    new Uint8Array(memory).set(bytes.subarray(start + offset, start + offset + byteLength));
    return new View(memory as ArrayBuffer);
  };
  return decode(header);
}
