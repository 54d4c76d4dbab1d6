/** Builds a graph whose every value has a known element type and shape. */
import type { DType, Tensor } from '../../runtime/tensor.js';
import { Attributes, type AttributeValue, readAttributes, writeAttributes } from './attributes.js';
import { codeOf } from './data-types.js';
import { OnnxError } from './error.js';
import type {
  AttributeProto,
  ModelProto,
  NodeProto,
  OperatorSetIdProto,
  StringStringEntryProto,
  TensorProto,
  ValueInfoProto,
} from './messages.js';
import { Names } from './names.js';
import { operatorOf } from './operators/index.js';
import type { OperatorCall } from './operators/operator.js';
import { formatShape, type Shape } from './shape.js';
import { toTensorProto } from './tensor-proto.js';
import { typeOfConstant, type Value, type ValueType } from './value.js';

/**
 * The operator set we write. 21 is the first release line in which all operators we emit have their present form
 * (axes as inputs since 18, Gelu since 20) and for which onnxruntime 1.30 has kernels on every provider we use;
 * later sets only add element types to them.
 */
export const OPSET = 21;

/** The first file format version that carries operator set 21 and metadata of nodes. */
export const IR_VERSION = 10;

/** A node of the graph under construction: what the reverse walk of differentiation reads. */
export interface GraphNode {
  readonly name: string;
  readonly type: string;
  readonly domain: string;
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly (Value | undefined)[];
  readonly attributes: Attributes;
  /** Gradients end here: the outputs count as constants. Kept in the file as metadata of the node. */
  readonly stopGradient: boolean;
}

/** What a node may be told beyond its inputs and attributes. */
export interface NodeOptions {
  /** The exact name of the node and of its first output; must be free. Otherwise a readable one is made up. */
  readonly name?: string;
  readonly stopGradient?: boolean;
}

/** Metadata entry of a node at which gradients end. */
const STOP_GRADIENT: StringStringEntryProto = { key: 'gradient', value: 'stop' };

export type NodeInputs = readonly (Value | undefined)[];
export type NodeAttributes = Readonly<Record<string, AttributeValue>>;

/** Builds a graph node by node: types and shapes are inferred, and what does not fit is refused at once. */
export class GraphBuilder {
  readonly nodes: GraphNode[] = [];
  readonly inputs: Value[] = [];
  readonly outputs: Value[] = [];
  readonly names = new Names();
  readonly #graphName: string;
  readonly #opsets = new Map([['', OPSET]]);
  /** The nodes as they will stand in the file, in the order of `nodes`. */
  readonly protos: NodeProto[] = [];
  /** The stored tensors as they will stand in the file, and what is known of each. */
  readonly initializers: TensorProto[] = [];
  readonly storedValues: Value[] = [];
  readonly #constants = new Map<string, Value>();
  readonly #metadata: StringStringEntryProto[] = [];

  constructor(graphName: string) {
    this.#graphName = graphName;
  }

  /**
   * Makes the graph ask for an operator set, as imported nodes need it. Of the standard operators the later one counts.
   * @throws OnnxError when nodes already need another version of a domain
   */
  requireOpset({ domain = '', version = 1 }: OperatorSetIdProto): void {
    const key = isStandard(domain) ? '' : domain;
    const present = this.#opsets.get(key);
    if (key !== '' && present !== undefined && present !== version) {
      throw new OnnxError(
        `the graph needs version ${present} of the operators of "${domain}", a model put into it version ${version}`,
      );
    }
    this.#opsets.set(key, Math.max(version, present ?? 0));
  }

  /** The operator sets that the graph asks for. */
  get opsets(): readonly OperatorSetIdProto[] {
    return [...this.#opsets].map(([domain, version]) => ({ domain, version }));
  }

  /** Adds a graph input. `shape` may have symbols: `['N', 30]`. */
  input(name: string, dtype: DType, shape: Shape): Value {
    const value = this.#declare(name, { dtype, shape });
    this.inputs.push(value);
    return value;
  }

  /** Adds a tensor that is stored in the model: a parameter. (A constant of the mathematics is a {@link constant}.) */
  initializer(name: string, tensor: Tensor): Value {
    const value = this.#declare(name, typeOfConstant(tensor));
    this.initializers.push(toTensorProto(tensor, name));
    this.storedValues.push(value);
    return value;
  }

  /** A constant; equal small ones share one node. */
  constant(tensor: Tensor, name?: string): Value {
    const key = tensor.data.length <= 64 ? `${tensor.dtype}[${tensor.shape}]${bitsOf(tensor)}` : undefined;
    const known = key === undefined ? undefined : this.#constants.get(key);
    if (known && name === undefined) return known;
    const label = name ?? this.names.free(tensor.data.length === 1 ? `constant_${tensor.data[0]}` : 'constant');
    const value = this.op('Constant', [], { value: tensor }, { name: label });
    if (key !== undefined && !known) this.#constants.set(key, value);
    return value;
  }

  /** Adds a node with one output. @throws OnnxError when inputs, attributes or shapes do not fit the operator */
  op(type: string, inputs: NodeInputs, attributes: NodeAttributes = {}, options: NodeOptions = {}): Value {
    return this.ops(type, inputs, attributes, 1, options)[0]!;
  }

  /** Adds a node with `count` outputs. */
  ops(type: string, inputs: NodeInputs, attributes: NodeAttributes, count: number, options: NodeOptions = {}): Value[] {
    const name = options.name ?? this.names.free(type);
    const where = `node "${name}" (${type})`;
    const operator = operatorOf(type);
    if (!operator) throw new OnnxError(`${where}: the builder does not know this operator`);
    const protos = writeAttributes(operator.attributes ?? {}, attributes, where);
    const outputs = Array.from({ length: count }, (_, index) => (index === 0 ? name : `${name}/${index}`));
    const metadata = options.stopGradient ? [STOP_GRADIENT] : undefined;
    const node = { name, opType: type, input: namesOf(inputs), output: outputs, attribute: protos };
    return this.#add({ ...node, ...(metadata && { metadataProps: metadata }) }, inputs) as Value[];
  }

  /**
   * Adds a node as it stands in a file, its names kept.
   * @param declared types of the outputs, for operators that the inference table does not have
   */
  node(proto: NodeProto, inputs: NodeInputs, declared: ReadonlyMap<string, ValueType>): (Value | undefined)[] {
    return this.#add({ ...proto, input: namesOf(inputs) }, inputs, declared);
  }

  /** The types of the outputs that a node of a file would have. @throws OnnxError when its inputs or attributes do not fit the operator */
  typesOf(proto: NodeProto, inputs: NodeInputs): readonly ValueType[] {
    return this.#infer(describedBy(proto, inputs), proto.attribute, proto.output).types;
  }

  /** Keeps a stored tensor as it stands in a file. `type` is what is known of it. */
  storedTensor(proto: TensorProto, type: ValueType): Value {
    const value = this.#declare(proto.name ?? '', type);
    this.initializers.push(proto);
    this.storedValues.push(value);
    return value;
  }

  /** Makes `value` an output of the graph; under another name through an Identity node. */
  output(value: Value, name = value.name): Value {
    const taken = this.outputs.includes(value);
    const named = value.name === name && !taken ? value : this.op('Identity', [value], {}, { name });
    this.outputs.push(named);
    return named;
  }

  /** Notes a fact about the model in its file. */
  metadata(key: string, value: string): void {
    this.#metadata.push({ key, value });
  }

  toModel(): ModelProto {
    const valueInfo = this.#symbolicValues();
    return {
      irVersion: IR_VERSION,
      producerName: 'ganglion',
      opsetImport: this.opsets,
      graph: {
        name: this.#graphName,
        node: [...this.protos],
        initializer: [...this.initializers],
        input: this.inputs.map(toValueInfo),
        output: this.outputs.map(toValueInfo),
        ...(valueInfo.length > 0 && { valueInfo }),
      },
      ...(this.#metadata.length > 0 && { metadataProps: [...this.#metadata] }),
    };
  }

  /**
   * What ONNX Runtime cannot infer. Its memory planner compares a value with every buffer it has seen, and finds none to use again
   * where it does not know the extents: 4.5 s instead of 0.2 s for a session of 3,000 nodes.
   */
  #symbolicValues(): ValueInfoProto[] {
    const given = new Set(this.outputs);
    const symbolic = ({ shape }: Value): boolean =>
      shape.some((dim) => typeof dim === 'string') && !shape.some((dim) => String(dim).includes('unknown_'));
    return this.nodes
      .filter(({ type, domain }) => isStandard(domain) && SHAPED_BY_VALUES.has(type))
      .flatMap(({ outputs }) => outputs.filter((value) => value !== undefined && symbolic(value) && !given.has(value)))
      .map((value) => toValueInfo(value!));
  }

  #declare(name: string, type: ValueType): Value {
    this.names.claim(name);
    // What is declared may be a value itself, with a name of its own.
    return { ...type, name };
  }

  #add(proto: NodeProto, inputs: NodeInputs, declared?: ReadonlyMap<string, ValueType>): (Value | undefined)[] {
    const node = describedBy(proto, inputs);
    const { attributes, types } = this.#infer(node, proto.attribute, proto.output, declared);
    const outputs = proto.output.map((output, index) => {
      const type = types[index];
      return output === '' || type === undefined ? undefined : this.#declare(output, type);
    });
    this.nodes.push({ ...node, outputs, attributes });
    // A provider can be told of a node by its name only.
    this.protos.push(proto.name ? proto : { ...proto, name: node.name });
    return outputs;
  }

  #infer(
    node: Omit<GraphNode, 'outputs' | 'attributes'>,
    protos: readonly AttributeProto[],
    outputs: readonly string[],
    declared?: ReadonlyMap<string, ValueType>,
  ): { attributes: Attributes; types: readonly ValueType[] } {
    const where = `node "${node.name}" (${node.domain ? `${node.domain}.` : ''}${node.type})`;
    const operator = operatorOf(node.type, node.domain);
    if (operator) {
      const attributes = new Attributes(readAttributes(operator.attributes ?? {}, protos, where), where);
      const call = this.#call(node, attributes, outputs.length, where);
      const [least, most] = operator.inputs;
      const count = node.inputs.length;
      if (count < least) call.fail(`input ${count} is missing: it takes ${least}${most > least ? ' or more' : ''}`);
      if (count > most) call.fail(`it takes ${most} inputs${most > least ? ' at most' : ''}, not ${count}`);
      const types = operator.infer(call);
      if (types.length < outputs.length) call.fail(`it has ${types.length} outputs, not ${outputs.length}`);
      const absurd = types.find(({ shape }) => !isPossible(shape));
      if (absurd) call.fail(`its output would have the shape ${formatShape(absurd.shape)}`);
      return { attributes, types };
    }
    const types = outputs.map((output) => {
      const type = declared?.get(output);
      if (type || output === '') return type;
      throw new OnnxError(
        `${where}: the type of "${output}" is not known; let a tool with shape inference write it into the file's value_info`,
      );
    });
    return { attributes: new Attributes({}, where), types: types as readonly ValueType[] };
  }

  #call(
    node: Omit<GraphNode, 'outputs' | 'attributes'>,
    attributes: Attributes,
    outputCount: number,
    where: string,
  ): OperatorCall {
    const { type, inputs } = node;
    const fail = (reason: string): never => {
      const types = inputs.map((value) =>
        value ? `${value.name} ${value.dtype}${formatShape(value.shape)}` : 'nothing',
      );
      throw new OnnxError(`${where}: ${reason}; its inputs are ${types.join(', ') || 'none'}`);
    };
    const input = (index: number): Value => inputs[index] ?? fail(`input ${index} is missing`);
    return { type, inputs, attributes, outputCount, input, symbol: () => this.names.symbol(), fail };
  }
}

/** Whether a node of a file says that gradients end at it. */
export function stopsGradient({ metadataProps }: NodeProto): boolean {
  return metadataProps?.some(({ key, value }) => key === STOP_GRADIENT.key && value === STOP_GRADIENT.value) ?? false;
}

export function isStandard(domain: string | undefined): boolean {
  return domain === undefined || domain === '' || domain === 'ai.onnx';
}

/** A node's inputs without those at the end that are left out: some writers list more of them than the operator has. */
function given(inputs: NodeInputs): NodeInputs {
  return inputs.slice(0, inputs.findLastIndex((value) => value !== undefined) + 1);
}

function namesOf(inputs: NodeInputs): string[] {
  return given(inputs).map((value) => value?.name ?? '');
}

function describedBy(proto: NodeProto, inputs: NodeInputs): Omit<GraphNode, 'outputs' | 'attributes'> {
  const { name, opType = '', domain = '', output } = proto;
  const stopGradient = stopsGradient(proto);
  return { name: name || output[0] || '', type: opType, domain, inputs: given(inputs), stopGradient };
}

/** Extents are whole numbers, and so is the number of elements. */
function isPossible(shape: Shape): boolean {
  const extents = shape.filter((dim) => typeof dim === 'number');
  const product = extents.reduce((count, extent) => count * extent, 1);
  return [...extents, product].every((number) => Number.isSafeInteger(number) && number >= 0);
}

function bitsOf({ data }: Tensor): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex');
}

/** Operators whose output has extents that an input holds, or sums of extents. */
const SHAPED_BY_VALUES = new Set(['Reshape', 'Split', 'Expand', 'ConstantOfShape', 'Concat']);

function toValueInfo({ name, dtype, shape }: Value): ValueInfoProto {
  const dim = shape.map((extent) => (typeof extent === 'number' ? { dimValue: extent } : { dimParam: extent }));
  return { name, type: { tensorType: { elemType: codeOf(dtype), shape: { dim } } } };
}
