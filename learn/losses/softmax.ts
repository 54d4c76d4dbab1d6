/** Softmax over axis 1 in primitives that every provider has: LogSoftmax falls back to the CPU under WebGPU. */
import type { Arithmetic, Value } from '../onnx/index.js';

/** The logits [N, C, ...] without their largest, and what is made of them. */
export interface Softmax {
  /** Logits less the largest of their row: at most 0, so that exponentials of logits of any size are finite. */
  readonly shifted: Value;
  readonly powers: Value;
  /** Sum of the exponentials, 1..C. [N, 1, ...] */
  readonly sum: Value;
}

/** The largest logit is a constant to differentiation: it cancels, so its path would add only rounding. */
export function softmax(math: Arithmetic, logits: Value): Softmax {
  const shifted = math.sub(logits, math.maximum(logits, [1], true, { stopGradient: true }));
  const powers = math.exp(shifted);
  return { shifted, powers, sum: math.sum(powers, [1], true) };
}

/** log softmax, [N, C, ...] */
export function logSoftmax(math: Arithmetic, logits: Value): Value {
  const { shifted, sum } = softmax(math, logits);
  return math.sub(shifted, math.log(sum));
}
