/**
 * Adam (Kingma and Ba 2015, algorithm 1), AdamW (Loshchilov and Hutter 2019, algorithm 2) and their AMSGrad variants
 * (Reddi, Kale, Kumar 2018, algorithm 2), as PyTorch defines them.
 */
import type { Arithmetic, Value } from '../onnx/index.js';
import { meanAndSquare } from './ranges.js';
import type { OptimizerRule, StepValues, Update, UpdateCall } from './rule.js';
import { biasCorrection, runningMean, runningSquare } from './running-mean.js';
import { shrinkage, shrunk, withPenalty } from './weight-decay.js';

/** Settings of Adam and AdamW. */
export interface AdamSettings {
  /** Decay of the mean of the gradients. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of their squares. Default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the second moment. Default 1e-8. */
  readonly epsilon?: number;
  /** `adam`: added to the gradient, default 0. `adamw`: the parameter shrinks by `learningRate * weightDecay`, default 0.01. */
  readonly weightDecay?: number;
  /** Divides by the largest second moment so far (before its correction, as PyTorch does). Default false. */
  readonly amsgrad?: boolean;
}

type Hyper = Required<AdamSettings>;

/**
 * The rate of the step and its epsilon, with the bias corrections c1 = 1 - beta1^t and c2 = 1 - beta2^t folded in:
 * rate * (m / c1) / (sqrt(v / c2) + eps)  =  (rate sqrt(c2) / c1) * m / (sqrt(v) + eps sqrt(c2)).
 */
export function adamCorrections(
  math: Arithmetic,
  { learningRate, step }: StepValues,
  { beta1, beta2, epsilon }: { readonly beta1: number; readonly beta2: number; readonly epsilon: number },
): Value[] {
  const root = math.sqrt(biasCorrection(math, beta2, step!));
  const rate = math.div(math.mul(math.cast(learningRate, 'float64'), root), biasCorrection(math, beta1, step!));
  return [math.cast(rate, learningRate.dtype), math.cast(math.mul(root, epsilon), learningRate.dtype)];
}

function step(call: UpdateCall, from: Value, gradient: Value, { beta1, beta2, amsgrad }: Hyper): Update {
  const { math, moments, shared, next } = call;
  const [lastMean, lastSquare, lastGreatest] = moments as readonly [Value, Value, Value];
  const [rate, epsilon] = shared as readonly [Value, Value];
  const mean = runningMean(math, lastMean, gradient, beta1, next.moments[0]);
  const square = runningSquare(math, lastSquare, gradient, beta2, next.moments[1]);
  const greatest = amsgrad ? [math.max(lastGreatest, square, next.moments[2])] : [];
  const direction = math.div(mean, math.add(math.sqrt(greatest[0] ?? square), epsilon));
  return {
    parameter: math.sub(from, math.mul(direction, rate), next.parameter),
    moments: [mean, square, ...greatest],
  };
}

const adamLike = {
  check: meanAndSquare,
  countsSteps: () => true,
  moments: ({ amsgrad }: Hyper) => ({ mean: 0, square: 0, ...(amsgrad && { greatest_square: 0 }) }),
} as const;

export const ADAM: OptimizerRule<Hyper> = {
  ...adamLike,
  defaults: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, amsgrad: false },
  shared: adamCorrections,
  update: (call, hyper) => step(call, call.parameter, withPenalty(call, hyper.weightDecay), hyper),
};

export const ADAM_W: OptimizerRule<Hyper> = {
  ...adamLike,
  defaults: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, amsgrad: false },
  shared: (math, values, hyper) => [
    ...adamCorrections(math, values, hyper),
    ...shrinkage(math, values.learningRate, hyper.weightDecay),
  ],
  update(call, hyper) {
    const { math, parameter, gradient, shared } = call;
    return step(call, shrunk(math, parameter, shared[2]), gradient, hyper);
  },
};
