/** Exponential running means of a gradient and of its square, and what corrects their start at zero. */
import type { Arithmetic, NodeOptions, Value } from '../onnx/index.js';

/** beta * last + (1 - beta) * value */
export function runningMean(math: Arithmetic, last: Value, value: Value, beta: number, options?: NodeOptions): Value {
  return math.add(math.mul(last, beta), math.mul(value, 1 - beta), options);
}

/** beta * last + (1 - beta) * value^2 */
export function runningSquare(math: Arithmetic, last: Value, value: Value, beta: number, options?: NodeOptions): Value {
  return runningMean(math, last, math.square(value), beta, options);
}

/** 1 - beta^step in float64: what a running mean of that decay has of its weights after `step` values. */
export function biasCorrection(math: Arithmetic, beta: number, step: Value): Value {
  return math.sub(1, math.pow(math.scalar(beta, 'float64'), step));
}
