/** Reads and writes ONNX files: a walk over the field table. What is read and written again has the same content, unknown fields included. */
import { OnnxError } from './error.js';
import { FIELDS, type Field, isMessage, type MessageName, type ScalarKind } from './fields.js';
import type { Messages, ModelProto } from './messages.js';
import { WIRE, WireReader, WireWriter } from './wire.js';

/** Protobuf's own limit. It keeps a hostile file from exhausting the stack. */
const DEEPEST_NESTING = 100;

interface Scalar {
  readonly wire: number;
  read(reader: WireReader): unknown;
  write(writer: WireWriter, value: never): void;
}

const SCALARS: { readonly [K in ScalarKind]: Scalar } = {
  int32: { wire: WIRE.varint, read: (r) => r.int32(), write: (w, value: number) => w.int64(value) },
  int64: { wire: WIRE.varint, read: (r) => r.integer(), write: (w, value: number) => w.int64(value) },
  bigint: { wire: WIRE.varint, read: (r) => r.int64(), write: (w, value: bigint) => w.int64(value) },
  uint64: { wire: WIRE.varint, read: (r) => r.uint64(), write: (w, value: bigint) => w.int64(value) },
  float: { wire: WIRE.fixed32, read: (r) => r.float(), write: (w, value: number) => w.float(value) },
  double: { wire: WIRE.fixed64, read: (r) => r.double(), write: (w, value: number) => w.double(value) },
  string: { wire: WIRE.bytes, read: (r) => r.text(), write: (w, value: string) => counted(w, () => w.text(value)) },
  bytes: {
    wire: WIRE.bytes,
    read: (r) => r.counted(),
    write: (w, value: Uint8Array) => counted(w, () => w.raw(value)),
  },
};

type Plain = Record<string, unknown>;
type NamedField = Field & { readonly key: string };

const BY_NUMBER = new Map<MessageName, Map<number, NamedField>>();
const IN_ORDER = new Map<MessageName, NamedField[]>();
for (const name of Object.keys(FIELDS) as MessageName[]) {
  const fields = Object.entries<Field>(FIELDS[name]).map(([key, field]) => ({ key, ...field }));
  BY_NUMBER.set(name, new Map(fields.map((field) => [field.number, field])));
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

/** Writes a model, fields in the order of their numbers, as the official writer does. Equal models give equal bytes. */
export function writeModel(model: ModelProto): Uint8Array {
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
    throw new OnnxError(`the file is damaged or hostile: more than ${DEEPEST_NESTING} messages within one another`, {
      offset: reader.position,
    });
  }
  const message = earlier ?? emptyMessage(name);
  const fields = BY_NUMBER.get(name)!;
  while (reader.position < reader.end) {
    const { number, wire, start } = reader.tag();
    const field = fields.get(number);
    const expected = field && (isMessage(field.kind) ? WIRE.bytes : SCALARS[field.kind].wire);
    if (field && wire === expected) {
      if (isMessage(field.kind)) readNested(message, field, field.kind, reader, depth);
      else store(message, field, SCALARS[field.kind].read(reader));
    } else if (field?.repeated && wire === WIRE.bytes && !isMessage(field.kind)) {
      const end = reader.length();
      const inner = new WireReader(reader.bytes, reader.position, end);
      while (inner.position < end) store(message, field, SCALARS[field.kind].read(inner));
      reader.position = end;
    } else {
      reader.skip(wire, start);
      append(message, 'unknown', reader.bytes.subarray(start, reader.position));
    }
  }
  return message;
}

function emptyMessage(name: MessageName): Plain {
  const message: Plain = {};
  for (const field of IN_ORDER.get(name)!) if (field.always) message[field.key] = [];
  return message;
}

function readNested(message: Plain, field: NamedField, kind: MessageName, reader: WireReader, depth: number): void {
  const end = reader.length();
  // A message that comes twice is merged: later fields win, lists grow.
  const earlier = field.repeated ? undefined : (message[field.key] as Plain | undefined);
  const nested = decode(kind, new WireReader(reader.bytes, reader.position, end), earlier, depth + 1);
  reader.position = end;
  store(message, field, nested);
}

function store(message: Plain, field: NamedField, value: unknown): void {
  if (field.repeated) append(message, field.key, value);
  else message[field.key] = value;
}

function append(message: Plain, key: string, value: unknown): void {
  const list = message[key] as unknown[] | undefined;
  if (list) list.push(value);
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

function counted(writer: WireWriter, content: () => void): void {
  const before = writer.length;
  content();
  writer.varint(writer.length - before);
}
