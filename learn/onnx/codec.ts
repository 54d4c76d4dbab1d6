/** Reads and writes ONNX files: a walk over the field table. What is read and written again has the same content, unknown fields included. */
import { OnnxError } from './error.js';
import { FIELDS, type Field, isMessage, type MessageName, type ScalarKind } from './fields.js';
import { mapTensors } from './map-tensors.js';
import type { Messages, ModelProto } from './messages.js';
import { NumberList } from './number-list.js';
import { LARGEST_MESSAGE, tooLarge, WIRE, WireReader, WireWriter } from './wire.js';

/** Protobuf's own limit. It keeps a hostile file from exhausting the stack. */
const DEEPEST_NESTING = 100;

/** What a message, a text, a view of bytes and a number of 64 bits take in memory, about, in bytes: see `WireReader.charge`. */
const COST = { message: 96, text: 32, view: 128, number: 8, bigint: 40 } as const;

interface Scalar {
  readonly wire: number;
  readonly cost: number;
  read(reader: WireReader): unknown;
  write(writer: WireWriter, value: never): void;
}

const { number, bigint, text, view } = COST;

const SCALARS: { readonly [K in ScalarKind]: Scalar } = {
  int32: { wire: WIRE.varint, cost: number, read: (r) => r.int32(), write: (w, value: number) => w.int64(value) },
  int64: { wire: WIRE.varint, cost: number, read: (r) => r.integer(), write: (w, value: number) => w.int64(value) },
  bigint: { wire: WIRE.varint, cost: bigint, read: (r) => r.int64(), write: (w, value: bigint) => w.int64(value) },
  uint64: { wire: WIRE.varint, cost: bigint, read: (r) => r.uint64(), write: (w, value: bigint) => w.int64(value) },
  float: { wire: WIRE.fixed32, cost: number, read: (r) => r.float(), write: (w, value: number) => w.float(value) },
  double: { wire: WIRE.fixed64, cost: number, read: (r) => r.double(), write: (w, value: number) => w.double(value) },
  string: {
    wire: WIRE.bytes,
    cost: text,
    read: (r) => r.text(),
    write: (w, value: string) => counted(w, () => w.text(value)),
  },
  bytes: {
    wire: WIRE.bytes,
    cost: view,
    read: (r) => r.counted(),
    write: (w, value: Uint8Array) => counted(w, () => w.raw(value)),
  },
};

type Plain = Record<string, unknown>;
type NamedField = Field & { readonly key: string };

const BY_NUMBER = new Map<MessageName, Map<number, NamedField>>();
const IN_ORDER = new Map<MessageName, NamedField[]>();
/** Keys of the lists that are there even where the file has none. */
const ALWAYS = new Map<MessageName, string[]>();
for (const name of Object.keys(FIELDS) as MessageName[]) {
  const fields = Object.entries<Field>(FIELDS[name]).map(([key, field]) => ({ key, ...field }));
  BY_NUMBER.set(name, new Map(fields.map((field) => [field.number, field])));
  ALWAYS.set(
    name,
    fields.filter(({ always }) => always).map(({ key }) => key),
  );
  IN_ORDER.set(
    name,
    fields.sort((a, b) => b.number - a.number),
  );
}

/**
 * Reads an ONNX file. `rawData` and other bytes are views of `bytes`, not copies: do not write to it afterwards.
 * @throws OnnxError when the bytes are cut short, damaged or no ONNX model, with the offset of the fault
 */
export function readModel(bytes: Uint8Array): ModelProto {
  const model = readMessage('ModelProto', bytes);
  if (model.graph === undefined) {
    throw new OnnxError(`this is not an ONNX model: ${bytes.length} bytes hold no graph`, { offset: 0 });
  }
  return model;
}

/**
 * Writes a model, fields in the order of their numbers, as the official writer does. Equal models give equal bytes.
 * @throws OnnxError when the model exceeds 2 GiB, the limit of protobuf
 */
export function writeModel(model: ModelProto): Uint8Array {
  // Seen before gigabytes are copied.
  let stored = 0;
  mapTensors(model, (tensor) => {
    stored += tensor.rawData?.length ?? 0;
    return tensor;
  });
  if (stored > LARGEST_MESSAGE) throw tooLarge();
  return writeMessage('ModelProto', model);
}

/** Reads one message of any kind. @throws OnnxError as {@link readModel} does */
export function readMessage<M extends MessageName>(name: M, bytes: Uint8Array): Messages[M] {
  return decode(name, new WireReader(bytes), undefined, 0) as unknown as Messages[M];
}

export function writeMessage<M extends MessageName>(name: M, message: Messages[M]): Uint8Array {
  const writer = new WireWriter();
  encode(name, message as unknown as Plain, writer, 0);
  return writer.finish();
}

function decode(name: MessageName, reader: WireReader, earlier: Plain | undefined, depth: number): Plain {
  if (depth > DEEPEST_NESTING) {
    throw new OnnxError(
      `the file is damaged or hostile: more than ${DEEPEST_NESTING} messages within one another, the limit of protobuf`,
      { offset: reader.position },
    );
  }
  reader.charge(COST.message);
  const message = earlier ?? emptyMessage(name);
  const fields = BY_NUMBER.get(name)!;
  const lists: Lists = { byKey: undefined };
  while (reader.position < reader.end) {
    const { number, wire, start } = reader.tag();
    const field = fields.get(number);
    const kind = field?.kind;
    if (kind === undefined) keepUnknown(message, reader, wire, start);
    else if (isMessage(kind)) {
      if (wire === WIRE.bytes) readNested(message, field!, kind, reader, depth);
      else keepUnknown(message, reader, wire, start);
    } else if (wire === SCALARS[kind].wire) {
      reader.charge(SCALARS[kind].cost);
      if (field!.repeated === 'packed')
        listOf(lists, message, field!.key, kind).push(SCALARS[kind].read(reader) as number);
      else store(message, field!, SCALARS[kind].read(reader));
    } else if (field!.repeated && wire === WIRE.bytes) {
      const end = reader.length();
      reader.within(end, () => {
        if (field!.repeated === 'packed') listOf(lists, message, field!.key, kind).readBlock(reader, end);
        else readSingly(message, field!, SCALARS[kind], reader);
      });
    } else keepUnknown(message, reader, wire, start);
  }
  if (lists.byKey) for (const [key, list] of lists.byKey) message[key] = list.finish();
  return message;
}

/** The lists of numbers that a message has so far; few have any. */
interface Lists {
  byKey: Map<string, NumberList> | undefined;
}

function listOf(lists: Lists, message: Plain, key: string, kind: ScalarKind): NumberList {
  lists.byKey ??= new Map();
  const known = lists.byKey.get(key);
  if (known) return known;
  const list = new NumberList(kind, message[key] as Float32Array | undefined);
  lists.byKey.set(key, list);
  return list;
}

/** A packed block of a list that the official writer does not pack. */
function readSingly(message: Plain, field: NamedField, scalar: Scalar, reader: WireReader): void {
  while (reader.position < reader.end) {
    reader.charge(scalar.cost);
    store(message, field, scalar.read(reader));
  }
}

function keepUnknown(message: Plain, reader: WireReader, wire: number, start: number): void {
  reader.skip(wire, start);
  reader.charge(COST.view);
  append(message, 'unknown', reader.bytes.subarray(start, reader.position));
}

function emptyMessage(name: MessageName): Plain {
  const message: Plain = {};
  for (const key of ALWAYS.get(name)!) message[key] = NOTHING;
  return message;
}

function readNested(message: Plain, field: NamedField, kind: MessageName, reader: WireReader, depth: number): void {
  // A message that comes twice is merged: later fields win, lists grow.
  const earlier = field.repeated ? undefined : (message[field.key] as Plain | undefined);
  const nested = reader.within(reader.length(), () => decode(kind, reader, earlier, depth + 1));
  store(message, field, nested);
}

/** One empty list for all messages: hostile files have millions of them. */
const NOTHING: unknown[] = [];
Object.freeze(NOTHING);

function store(message: Plain, field: NamedField, value: unknown): void {
  if (field.repeated) append(message, field.key, value);
  else message[field.key] = value;
}

function append(message: Plain, key: string, value: unknown): void {
  const list = message[key] as unknown[] | undefined;
  if (list && list !== NOTHING) list.push(value);
  else message[key] = [value];
}

/** Back to front, as the writer works: unknown fields end up last, the others in the order of their numbers. */
function encode(name: MessageName, message: Plain, writer: WireWriter, depth: number): void {
  if (depth > DEEPEST_NESTING)
    throw new OnnxError(`the model nests more than ${DEEPEST_NESTING} messages: nobody could read it`);
  for (const bytes of ((message['unknown'] ?? []) as Uint8Array[]).toReversed()) writer.raw(bytes);
  for (const field of IN_ORDER.get(name)!) {
    const value = message[field.key];
    if (value === undefined) continue;
    const { kind } = field;
    if (isMessage(kind)) {
      for (const nested of field.repeated ? (value as Plain[]).toReversed() : [value as Plain]) {
        counted(writer, () => encode(kind, nested, writer, depth + 1));
        writer.tag(field.number, WIRE.bytes);
      }
    } else writeScalars(writer, field, SCALARS[kind], field.repeated ? (value as never[]) : [value as never]);
  }
}

function writeScalars(writer: WireWriter, field: Field, scalar: Scalar, values: readonly never[]): void {
  if (field.repeated === 'packed') {
    if (values.length === 0) return;
    counted(writer, () => {
      if (isFixed(values)) return writer.raw(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
      for (let index = values.length - 1; index >= 0; index--) scalar.write(writer, values[index]!);
    });
    writer.tag(field.number, WIRE.bytes);
    return;
  }
  for (let index = values.length - 1; index >= 0; index--) {
    scalar.write(writer, values[index]!);
    writer.tag(field.number, scalar.wire);
  }
}

/** Values that stand in memory as in the file. A copy of the bytes keeps the bits of every NaN. */
function isFixed(values: unknown): values is Float32Array | Float64Array {
  return values instanceof Float32Array || values instanceof Float64Array;
}

function counted(writer: WireWriter, content: () => void): void {
  const before = writer.length;
  content();
  writer.varint(writer.length - before);
}
