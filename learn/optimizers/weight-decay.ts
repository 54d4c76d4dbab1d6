/** The two kinds of weight decay (Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019). */
import type { Arithmetic, Value } from '../onnx/index.js';

/** Coupled: the gradient of the loss plus weightDecay / 2 * |parameter|^2. It passes through the optimiser's moments. */
export function withPenalty(
  { math, gradient, parameter }: { readonly math: Arithmetic; readonly gradient: Value; readonly parameter: Value },
  weightDecay: number,
): Value {
  return weightDecay === 0 ? gradient : math.add(gradient, math.mul(parameter, weightDecay));
}

/** Decoupled: the factor by which a step shrinks every parameter, a list of one; of none where nothing decays. */
export function shrinkage(math: Arithmetic, learningRate: Value, weightDecay: number): Value[] {
  return weightDecay === 0 ? [] : [math.sub(1, math.mul(learningRate, weightDecay))];
}

/** The parameter as a step finds it after its decoupled decay. */
export function shrunk(math: Arithmetic, parameter: Value, factor: Value | undefined): Value {
  return factor ? math.mul(parameter, factor) : parameter;
}
