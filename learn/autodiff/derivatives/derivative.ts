/** What a row of the derivative table is. */
import type { Lowerings } from '../../lowerings/lowerings.js';
import type { Arithmetic, GraphNode, Value } from '../../onnx/index.js';
import type { SumOverRows } from '../sum-over-rows.js';

/** One node on the way back, as its row sees it. */
export interface DerivativeCall {
  readonly node: GraphNode;
  /** Writes the gradient's nodes. */
  readonly math: Arithmetic;
  /** How the provider at hand writes what is not one operator. */
  readonly lowerings: Lowerings;
  /** The gradient of the first output; zeros where only a later output has one. */
  readonly gradient: Value;
  /** The first output. */
  readonly output: Value;
  /** The input at that place. @throws OnnxError when it is left out */
  input(index: number): Value;
  /** The gradient of any output; zeros where nothing depends on it. */
  gradientOf(output: number): Value;
  /** Whether something depends on that output. */
  hasGradient(output: number): boolean;
  /** @throws OnnxError with the node's name and operator */
  fail(reason: string): never;
}

/** Writes the gradient of one input. It is called only if that gradient is wanted. */
export type Contribution = () => Value | SumOverRows;

/**
 * The gradients of a node's inputs, given those of its outputs; one entry for each input. An entry that is missing says
 * that the output, where it can be differentiated, does not depend on that input.
 * A row may return more axes, or longer ones, than the input has: the walk sums what broadcasting repeated.
 */
export type Derivative = (call: DerivativeCall) => readonly (Contribution | undefined)[];

export type DerivativeTable = Readonly<Record<string, Derivative>>;

/** The row of an operator with one input. */
export function single(contribution: (call: DerivativeCall, x: Value) => Value): Derivative {
  return (call) => [() => contribution(call, call.input(0))];
}

/** The same contribution for each of the inputs. */
export function each(contribution: (call: DerivativeCall, index: number) => Value): Derivative {
  return (call) => call.node.inputs.map((_, index) => () => contribution(call, index));
}

/** The output is a step function, or no number: its derivative is zero. */
export const constant: Derivative = () => [];

/** The node's axis, counted from the front of its first input. */
export function axisFromFront({ node, input }: DerivativeCall): number {
  const axis = node.attributes.number('axis');
  return axis < 0 ? axis + input(0).shape.length : axis;
}

/** Computes once, when first asked. */
export function once<T>(compute: () => T): () => T {
  let kept: { readonly value: T } | undefined;
  return () => {
    kept ??= { value: compute() };
    return kept.value;
  };
}
