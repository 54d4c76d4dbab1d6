/** What the transformations of a step know of it: which nodes belong to which pass, and which values are worth a thought. */
import type { DType } from '../../runtime/tensor.js';
import { type Dim, type GraphBuilder, type NodeProto, OnnxError, type Value } from '../onnx/index.js';
import { AS_IT_IS } from '../onnx/simplify/simplify.js';

/** Forward and backward pass in one graph, before the update. */
export interface Passes {
  readonly graph: GraphBuilder;
  /** The first so many nodes are the forward pass, the loss among them. */
  readonly forward: number;
  /** Inputs that depend on the batch: its data, and the random numbers drawn for it. Not parameters, not running statistics. */
  readonly batchInputs: ReadonlySet<string>;
  /** Inputs that are trained. */
  readonly parameters: ReadonlySet<string>;
}

/** Bytes of an element. */
const BYTES: Readonly<Record<DType, number>> = {
  float32: 4,
  float64: 8,
  float16: 2,
  int8: 1,
  int32: 4,
  int64: 8,
  uint8: 1,
  bool: 1,
};

/** How many rows a batch probably has whose number is not known: they decide what weighs more, activations or weights. */
const ROWS = 32;

/** Below this many elements a value is not worth the work of keeping it otherwise: 64 in each row, or the statistics of 2048 channels. */
const SMALL = 64 * ROWS;

/** The names of all values of the forward pass that the batch decides. */
export function activationsOf(passes: Passes): ReadonlySet<string> {
  return computedFrom(passes, passes.batchInputs);
}

/** The names of these inputs, and of all values of the forward pass that depend on them. */
export function computedFrom({ graph, forward }: Passes, inputs: Iterable<string>): ReadonlySet<string> {
  const names = new Set(inputs);
  for (const node of graph.nodes.slice(0, forward)) {
    if (!node.inputs.some((value) => value && names.has(value.name))) continue;
    for (const output of node.outputs) if (output) names.add(output.name);
  }
  return names;
}

/** Elements of a value for so many rows of the batch, as far as they are known. */
function elementsOf({ shape }: Value, rows: number): number {
  // A symbol may have a number in it: 12*N.
  const extent = (dim: Dim): number => (typeof dim === 'number' ? dim : rows * Number(/^\d+/.exec(dim)?.[0] ?? 1));
  return shape.reduce<number>((count, dim) => count * extent(dim), 1);
}

/** Bytes that it probably takes. */
export function bytesOf(value: Value): number {
  return elementsOf(value, ROWS) * BYTES[value.dtype];
}

export function isLarge(value: Value): boolean {
  return elementsOf(value, ROWS) >= SMALL;
}

/** Lets values wait for others: what is not needed before the backward pass would be computed long before it, and kept. */
export class Waiting {
  readonly #graph: GraphBuilder;
  readonly #zeros = new Map<string, Value>();
  readonly #hidden = new Map<string, Value>();
  #count = 0;

  constructor(graph: GraphBuilder) {
    this.#graph = graph;
  }

  /**
   * `value` in other words: the same elements in the same memory, but there only after `cause`. So what is computed from it a second time is not
   * recognised as equal to the first either, and left out.
   */
  until(cause: Value, value: Value): Value {
    // Reshape takes an extent of 0 for "as it is": zeros that can be computed only when `cause` is there.
    const later = this.#op('Reshape', [value, this.#zerosFrom(cause, value.shape.length)]);
    return { ...later, shape: value.shape };
  }

  /** `value` in other words, and nobody can tell its extents before the run. */
  hidden(value: Value): Value {
    const known = this.#hidden.get(value.name) ?? this.until(value, value);
    this.#hidden.set(value.name, known);
    return known;
  }

  /** Whole numbers that are the same, but known only when `cause` is. @param numbers int64 [n] */
  later(cause: Value, numbers: Value): Value {
    const known = this.#hidden.get(numbers.name) ?? this.#op('Add', [numbers, this.#zerosFrom(cause, 1)]);
    this.#hidden.set(numbers.name, known);
    return known;
  }

  #zerosFrom(cause: Value, count: number): Value {
    const key = `${count} ${cause.name}`;
    const known = this.#zeros.get(key);
    if (known) return known;
    const none = { dtype: 'int64', shape: [count], data: new BigInt64Array(count) } as const;
    const zeros = this.#op('Mul', [this.#measure(cause), this.#graph.constant(none)]);
    this.#zeros.set(key, zeros);
    return zeros;
  }

  /** Whole numbers that are there only when `cause` is. ONNX Runtime computes extents that it knows before the run. */
  #measure(cause: Value): Value {
    if (cause.dtype !== 'float16') return this.#op('Size', [cause]);
    // The CPU provider has no Size of float16: it would measure the value from before its cast, and wait for nothing.
    if (typeof cause.shape[0] === 'string') return this.#op('Shape', [cause], 1);
    const graph = this.#graph;
    const list = (number: bigint) => graph.constant({ dtype: 'int64', shape: [1], data: BigInt64Array.of(number) });
    const first = graph.op('Slice', [graph.op('Reshape', [cause, list(-1n)]), list(0n), list(1n), list(0n)]);
    return this.#op('Size', [graph.op('Cast', [first], { to: 'bool' })]);
  }

  #op(opType: string, inputs: readonly Value[], end?: number): Value {
    this.#count += 1;
    const name = this.#graph.names.unused(`wait/${opType}_${this.#count}`);
    const extents: NodeProto['attribute'] = end === undefined ? [] : [{ name: 'end', type: 2, i: BigInt(end) }];
    const proto = { name, opType, input: [], output: [name], attribute: extents, metadataProps: [AS_IT_IS] };
    const [output] = this.#graph.node(proto, inputs, new Map());
    if (output) return output;
    throw new OnnxError(`the node "${name}" has no output`);
  }
}

/** Follows a walk over the backward pass: the last gradient of some size that was made. */
export class LastGradient {
  #value: Value | undefined;

  see(outputs: readonly (Value | undefined)[]): void {
    const found = outputs.find(
      (value) => value?.dtype === 'float32' || value?.dtype === 'float64' || value?.dtype === 'float16',
    );
    if (found) this.#value = found;
  }

  get value(): Value | undefined {
    return this.#value;
  }
}
