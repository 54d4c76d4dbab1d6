/** What a row of the table of losses is. */
import type { GraphBuilder, Value, ValueType } from '../onnx/index.js';
import type { Checks } from './options.js';

/**
 * How the network's output becomes what people read:
 * - `softmax`: over axis 1, the probabilities of classes.
 * - `sigmoid`: of each element, a probability of its own.
 * - `identity`: the output is the prediction itself: a value, an embedding, a log hazard, a score.
 * - `hazard`: the sigmoid of each element is the risk of its interval among those who came so far.
 * - `cumulative`: the sigmoid of element k is the probability of a grade above k.
 */
export type Link = 'softmax' | 'sigmoid' | 'identity' | 'hazard' | 'cumulative';

/** A loss as a row: what its options may be, what it compares the network's output with, and how it becomes a scalar. */
export interface LossRule<Options extends object> {
  readonly checks: Checks<Options>;
  link(options: Options): Link;
  /** Element type and shape of the target. @throws OnnxError when the output does not suit the loss */
  target(output: ValueType, options: Options): ValueType;
  /** @returns the mean loss, a scalar */
  emit(graph: GraphBuilder, output: Value, target: Value, options: Options, sampleWeights: Value | undefined): Value;
  /**
   * What the mean divides by, a scalar, where it is neither the number of rows nor the sum of their weights. `undefined`: it is one of
   * these with the present options.
   */
  divisor?(
    graph: GraphBuilder,
    output: Value,
    target: Value,
    options: Options,
    sampleWeights: Value | undefined,
  ): Value | undefined;
}

/** The target is a number for each element of the output. */
export function likeOutput({ dtype, shape }: ValueType): ValueType {
  return { dtype, shape };
}

/** The target is the number of a class, for each row, or each place of a row: [N, C, ...] gives int64 [N, ...]. */
export function labelsOf({ shape }: ValueType): ValueType {
  return { dtype: 'int64', shape: [shape[0] ?? 'N', ...shape.slice(2)] };
}

/** The target is `count` numbers for each row. */
export function columns(count: number): (output: ValueType) => ValueType {
  return ({ dtype, shape }) => ({ dtype, shape: [shape[0] ?? 'N', count] });
}

/** The target is a number for each row. */
export function onePerRow({ dtype, shape }: ValueType): ValueType {
  return { dtype, shape: [shape[0] ?? 'N'] };
}
