/** What the transformations of a step know of it: which nodes belong to which pass, and which values are worth a thought. */
import { Arithmetic, type GraphBuilder, type GraphNode, type Value } from '../onnx/index.js';

/** Forward and backward pass in one graph, before the update. */
export interface Passes {
  readonly graph: GraphBuilder;
  /** The first so many nodes are the forward pass, the loss among them. */
  readonly forward: number;
  /** Inputs that depend on the batch: its data, and the random numbers drawn for it. Not parameters, not running statistics. */
  readonly batchInputs: ReadonlySet<string>;
}

/** Below this many elements a row of the batch a value is not worth the work of keeping it otherwise. */
const SMALL = 64;

/** The names of all values of the forward pass that the batch decides. */
export function activationsOf({ graph, forward, batchInputs }: Passes): ReadonlySet<string> {
  const names = new Set(batchInputs);
  for (const node of graph.nodes.slice(0, forward)) {
    if (!node.inputs.some((value) => value && names.has(value.name))) continue;
    for (const output of node.outputs) if (output) names.add(output.name);
  }
  return names;
}

/** Elements of a value for one row of the batch, as far as they are known. */
export function isLarge({ shape }: Value): boolean {
  return shape.reduce<number>((count, dim) => count * (typeof dim === 'number' ? dim : 1), 1) >= SMALL;
}

/**
 * `value` in other words: the same elements, and the same memory, but computed after `cause`. Without that what is only needed in
 * the backward pass would be made long before it, and kept; and what is computed a second time would be recognised as
 * equal to the first and never be.
 */
export function after(graph: GraphBuilder, cause: Value, value: Value): Value {
  const math = new Arithmetic(graph);
  // Reshape takes an extent of 0 for "as it is": zeros that can be computed only when `cause` is there.
  const zeros = math.mul(graph.op('Size', [measurable(math, cause)]), math.integers(value.shape.map(() => 0)));
  const later = graph.op('Reshape', [value, zeros]);
  return { ...later, shape: value.shape };
}

/** The CPU provider has no Size of float16: it would measure the value from before its cast, and wait for nothing. */
function measurable(math: Arithmetic, cause: Value): Value {
  if (cause.dtype !== 'float16') return cause;
  const [from, to, axis] = [math.integers([0]), math.integers([1]), math.integers([0])];
  return math.cast(math.graph.op('Slice', [math.reshape(cause, [-1]), from, to, axis]), 'bool');
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

export type { GraphNode };
