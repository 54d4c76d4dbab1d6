/** What a file itself says of its values: types of inputs, of stored tensors, and of what nodes give out. */
import { dtypeOf } from './data-types.js';
import { OnnxError } from './error.js';
import type { GraphProto, TensorProto, TypeProto, ValueInfoProto } from './messages.js';
import type { Names } from './names.js';
import type { Dim } from './shape.js';
import { checkTensorProto, EXTERNAL, elementsOf, fromTensorProto } from './tensor-proto.js';
import { typeOfConstant, type ValueType } from './value.js';

/** Symbols that a builder makes up: a file that one wrote has them too, with a meaning of its own. */
const MADE_UP = /\bunknown_\d+\b/g;

/** Beyond this many elements a stored tensor is not looked into: a backbone's weights stay as they are. */
const LARGEST_KNOWN = 64;

/** More axes than anybody has; what claims more is hostile, and would take memory for each. */
const LARGEST_RANK = 1024;

/** Reads the types of one file. */
export class DeclaredTypes {
  readonly #names: Names;
  readonly #symbols = new Map<string, string>();

  /** @param names the builder that the types are for */
  constructor(names: Names) {
    this.#names = names;
  }

  /** The type of an input. @throws OnnxError when it is no tensor, has no known rank, or an extent below 0 */
  input(info: ValueInfoProto): ValueType {
    return this.#typeOf(info.type, `"${info.name}"`);
  }

  /** The extents that are declared, new symbols where one is open; `undefined` where no shape is. */
  shape({ name, type }: ValueInfoProto): readonly Dim[] | undefined {
    return type?.tensorType?.shape && this.#typeOf(type, `"${name}"`).shape;
  }

  /** What the file says of its values by their names; values of types that we cannot hold are left out. */
  values(graph: GraphProto): Map<string, ValueType> {
    const types = new Map<string, ValueType>();
    for (const { name = '', type } of [...(graph.valueInfo ?? []), ...graph.output]) {
      try {
        if (type?.tensorType?.shape) types.set(name, this.#typeOf(type, `"${name}"`));
      } catch (error) {
        // It is asked for only where a node's own rules say nothing: then it is missed by name.
        if (!(error instanceof OnnxError)) throw error;
      }
    }
    return types;
  }

  #typeOf(type: TypeProto | undefined, what: string): ValueType {
    const tensor = type?.tensorType;
    if (!tensor) throw new OnnxError(`${what} is not a tensor: sequences, maps and optional values are not supported`);
    if (!tensor.shape)
      throw new OnnxError(`${what} is declared without a shape: give it one, with symbols where extents vary`);
    const { dim } = tensor.shape;
    if (dim.length > LARGEST_RANK) throw new OnnxError(`${what} is declared with ${dim.length} axes`);
    const shape = dim.map(({ dimValue, dimParam }) => this.#extent(dimValue, dimParam, what));
    return { dtype: dtypeOf(tensor.elemType, what), shape };
  }

  #extent(value: number | undefined, symbol: string | undefined, what: string): Dim {
    if (value === undefined) return symbol ? this.#symbol(symbol) : this.#names.symbol();
    if (value >= 0) return value;
    throw new OnnxError(`${what} is declared with the extent ${value}: name a symbol (dim_param) where it varies`);
  }

  #symbol(symbol: string): string {
    return symbol.replace(MADE_UP, (own) => {
      const known = this.#symbols.get(own) ?? this.#names.symbol();
      this.#symbols.set(own, known);
      return known;
    });
  }
}

/** The type of a stored tensor. @throws OnnxError when its values do not fit its shape */
export function storedType(proto: TensorProto): ValueType {
  const external = proto.dataLocation === EXTERNAL;
  const count = elementsOf(proto);
  if (!external) checkTensorProto(proto);
  if (!external && count <= LARGEST_KNOWN) return typeOfConstant(fromTensorProto(proto));
  return { dtype: dtypeOf(proto.dataType, `tensor "${proto.name}"`), shape: [...proto.dims] };
}
