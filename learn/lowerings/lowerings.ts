/**
 * What a lowering is: how something that is not one ONNX operator is written down. The mathematics stands in the derivative table; which
 * of several equal ways a provider runs fastest, or at all, stands here. A lowering depends on shapes and attributes only, never on
 * the number of threads or the load, so that the same training gives the same bytes everywhere.
 */
import type { Arithmetic, NodeProto, Value } from '../onnx/index.js';
import type { SlidingWindow } from '../onnx/operators/window.js';

export type { SlidingWindow };

export interface ConvolutionWindow extends SlidingWindow {
  readonly group: number;
}

/** Batch statistics and what was made with them. */
export interface NormalizedBatch {
  /** [N, C, ...], of the shape of x. */
  readonly output: Value;
  /** [C] */
  readonly mean: Value;
  /** [C], biased: the sum of squares over the number of elements. */
  readonly variance: Value;
}

/** The ways of one provider. Shapes: x [N, C, ...spatial], gradient [N, O, ...output], weight [O, C / group, ...kernel]. */
export interface Lowerings {
  /** dL/dweight of y = conv(x, weight). */
  convolutionWeightGradient(math: Arithmetic, x: Value, gradient: Value, window: ConvolutionWindow): Value;
  /** dL/dx of y = conv(x, weight), of the shape of `x`. */
  convolutionInputGradient(
    math: Arithmetic,
    x: Value,
    weight: Value,
    gradient: Value,
    window: ConvolutionWindow,
  ): Value;
  /** dL/dx of y = maxpool(x). Elements of a window that are the maximum together share its gradient equally. */
  maxPoolGradient(math: Arithmetic, x: Value, y: Value, gradient: Value, window: SlidingWindow): Value;
  /**
   * dL/dx of y = the sum of each window's elements. (An average is that sum over a count that does not depend on x: the gradient is
   * divided by it beforehand.)
   */
  windowSumGradient(math: Arithmetic, x: Value, gradient: Value, window: SlidingWindow): Value;
  /** The sum of each block of `kernel` elements, one behind the other: dL/dx where y repeats every element of x so often. */
  blockSum(math: Arithmetic, x: Value, kernel: readonly number[]): Value;
  /** dL/dx of y = max(x, 0), of the shape of `y`. */
  reluGradient(math: Arithmetic, y: Value, gradient: Value): Value;
  /** The sum of the rows of a matrix: [K, N] to [N]. */
  sumOfRows(math: Arithmetic, rows: Value): Value;
  /** Batch normalisation by the statistics of the batch (Ioffe and Szegedy 2015, algorithm 1); can be differentiated. */
  batchNormalization(math: Arithmetic, x: Value, scale: Value, bias: Value, epsilon: number): NormalizedBatch;
  /** Forward operators that this provider lacks, or runs faster in other words; `undefined` keeps the node as it is. */
  readonly operators: Readonly<Record<string, OperatorLowering>>;
}

export type OperatorLowering = (
  math: Arithmetic,
  node: NodeProto,
  inputs: readonly (Value | undefined)[],
) => readonly Value[] | undefined;
