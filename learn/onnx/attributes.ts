/** Attributes of nodes: which an operator has, with their defaults, and how they get into a file and out of it. */
import type { DType, Tensor } from '../../runtime/tensor.js';
import { codeOf, DATA_TYPES } from './data-types.js';
import { OnnxError } from './error.js';
import { ATTRIBUTE_TYPES, type AttributeProto } from './messages.js';
import { fromTensorProto, toTensorProto } from './tensor-proto.js';

/** What a caller gives. The operator's table says whether a number is a float or an integer. */
export type AttributeValue = number | string | readonly number[] | readonly string[] | Tensor;

/** `dtype`: an element type by its name; the file holds its code. */
export type AttributeKind = 'float' | 'int' | 'dtype' | 'string' | 'tensor' | 'ints' | 'floats' | 'strings';

export interface AttributeSpec {
  readonly kind: AttributeKind;
  /** The value the operator takes when the node does not say. */
  readonly default?: AttributeValue;
}

export type AttributeSpecs = Readonly<Record<string, AttributeSpec>>;

/** The attributes of one node, with the operator's defaults filled in. */
export class Attributes {
  readonly #values: Readonly<Record<string, AttributeValue>>;
  readonly #where: string;

  constructor(values: Readonly<Record<string, AttributeValue>>, where: string) {
    this.#values = values;
    this.#where = where;
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined;
  }

  number(name: string): number {
    const value = this.#values[name];
    if (typeof value === 'number') return value;
    throw new OnnxError(`${this.#where} lacks the attribute "${name}"`);
  }

  text(name: string): string {
    const value = this.#values[name];
    if (typeof value === 'string') return value;
    throw new OnnxError(`${this.#where} lacks the attribute "${name}"`);
  }

  numbers(name: string): readonly number[] | undefined {
    const value = this.#values[name];
    return Array.isArray(value) ? (value as readonly number[]) : undefined;
  }

  texts(name: string): readonly string[] | undefined {
    const value = this.#values[name];
    return Array.isArray(value) ? (value as readonly string[]) : undefined;
  }

  tensor(name: string): Tensor | undefined {
    const value = this.#values[name];
    return typeof value === 'object' && 'dtype' in value ? value : undefined;
  }
}

/** The attributes of a node in a file. @throws OnnxError when one is not of the operator's, or of another kind */
export function readAttributes(
  specs: AttributeSpecs,
  protos: readonly AttributeProto[],
  where: string,
): Record<string, AttributeValue> {
  const values: Record<string, AttributeValue> = {};
  for (const [name, spec] of Object.entries(specs)) if (spec.default !== undefined) values[name] = spec.default;
  for (const proto of protos) {
    const name = proto.name ?? '';
    const spec = specs[name];
    if (!spec) throw new OnnxError(`${where} has an attribute "${name}", which ${known(specs)}`);
    if (proto.type !== undefined && proto.type !== fileType(spec.kind)) {
      throw new OnnxError(
        `${where}: the attribute "${name}" must be of kind ${spec.kind} (type ${fileType(spec.kind)}), not type ${proto.type}`,
      );
    }
    checkFields(spec.kind, proto, `${where}: the attribute "${name}"`);
    values[name] = valueIn(spec.kind, proto, where);
  }
  return values;
}

/** The field that holds a value of each kind. */
const FIELD_OF: { readonly [K in AttributeKind]: keyof AttributeProto } = {
  float: 'f',
  int: 'i',
  dtype: 'i',
  string: 's',
  tensor: 't',
  ints: 'ints',
  floats: 'floats',
  strings: 'strings',
};

/** A value in a field of another kind would count as absent: as 0, or as no text. */
function checkFields(kind: AttributeKind, proto: AttributeProto, what: string): void {
  if (proto.refAttrName) {
    throw new OnnxError(
      `${what} refers to "${proto.refAttrName}" of a function, but stands in none: the model is damaged`,
    );
  }
  const field = FIELD_OF[kind];
  const others = new Set<keyof AttributeProto>([...Object.values(FIELD_OF), 'g', 'graphs', 'tensors', 'tp']);
  const wrong = [...others].find((other) => other !== field && proto[other] !== undefined);
  if (wrong === undefined) return;
  throw new OnnxError(`${what} must be of kind ${kind}, but has a value in the field "${wrong}" of the file`);
}

function valueIn(kind: AttributeKind, proto: AttributeProto, where: string): AttributeValue {
  switch (kind) {
    case 'float':
      return proto.f ?? 0;
    case 'int':
    case 'dtype':
      return integer(proto.i ?? 0n, proto, where);
    case 'string':
      return new TextDecoder().decode(proto.s);
    case 'ints':
      return (proto.ints ?? []).map((value) => integer(value, proto, where));
    case 'floats':
      return proto.floats ?? [];
    case 'strings':
      return (proto.strings ?? []).map((bytes) => new TextDecoder().decode(bytes));
    case 'tensor':
      if (proto.t) return fromTensorProto(proto.t);
      throw new OnnxError(`${where}: the attribute "${proto.name}" holds no tensor`);
  }
}

function integer(value: bigint, proto: AttributeProto, where: string): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new OnnxError(`${where}: the attribute "${proto.name}" has the value ${value}, beyond 2^53`);
}

/** The attributes of a new node for the file, in the order given. @throws OnnxError when one is not of the operator's */
export function writeAttributes(
  specs: AttributeSpecs,
  values: Readonly<Record<string, AttributeValue>>,
  where: string,
): AttributeProto[] {
  return Object.entries(values).map(([name, value]) => {
    const spec = specs[name];
    if (!spec) throw new OnnxError(`${where} is given an attribute "${name}", which ${known(specs)}`);
    return {
      name,
      type: fileType(spec.kind),
      ...content(spec.kind, value, `${where}: the attribute "${name}"`),
    };
  });
}

function content(kind: AttributeKind, value: AttributeValue, what: string): Partial<AttributeProto> {
  if (kind === 'dtype' && typeof value === 'string' && value in DATA_TYPES)
    return { i: BigInt(codeOf(value as DType)) };
  if (kind === 'string' && typeof value === 'string') return { s: new TextEncoder().encode(value) };
  if (kind === 'float' && typeof value === 'number') return { f: value };
  if (kind === 'int' && typeof value === 'number' && Number.isSafeInteger(value)) return { i: BigInt(value) };
  if (kind === 'tensor' && typeof value === 'object' && 'dtype' in value) return { t: toTensorProto(value) };
  if (kind === 'strings' && Array.isArray(value)) {
    return { strings: (value as readonly string[]).map((text) => new TextEncoder().encode(text)) };
  }
  if (Array.isArray(value)) {
    const list = value as readonly number[];
    if (kind === 'floats') return { floats: list };
    if (kind === 'ints' && list.every(Number.isSafeInteger)) return { ints: list.map(BigInt) };
  }
  throw new OnnxError(`${what} must be of kind ${kind}, not ${JSON.stringify(value)}`);
}

function known(specs: AttributeSpecs): string {
  const names = Object.keys(specs);
  return names.length === 0
    ? 'the operator does not have: it has none'
    : `is not among the operator's: ${names.join(', ')}`;
}

function fileType(kind: AttributeKind): number {
  return kind === 'dtype' ? ATTRIBUTE_TYPES.int : ATTRIBUTE_TYPES[kind];
}
