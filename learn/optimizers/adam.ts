/** Adam (Kingma and Ba 2015, algorithm 1) and AdamW (Loshchilov and Hutter 2019, algorithm 2), as PyTorch defines them. */
import type { Arithmetic, Value } from '../onnx/index.js';
import type { OptimizerRule, StepValues, Update, UpdateCall } from './rule.js';

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
}

type Hyper = Required<AdamSettings>;

function check({ beta1, beta2, epsilon, weightDecay }: Hyper): string | undefined {
  if (!(beta1 >= 0 && beta1 < 1)) return `beta1 is from 0 to below 1, not ${beta1}`;
  if (!(beta2 >= 0 && beta2 < 1)) return `beta2 is from 0 to below 1, not ${beta2}`;
  if (!(epsilon >= 0)) return `epsilon is >= 0, not ${epsilon}`;
  return weightDecay >= 0 ? undefined : `weightDecay is >= 0, not ${weightDecay}`;
}

/**
 * The rate of the step and its epsilon, with the bias corrections c1 = 1 - beta1^t and c2 = 1 - beta2^t folded in:
 * rate * (m / c1) / (sqrt(v / c2) + eps)  =  (rate sqrt(c2) / c1) * m / (sqrt(v) + eps sqrt(c2)).
 */
function corrections(math: Arithmetic, { learningRate, step }: StepValues, { beta1, beta2, epsilon }: Hyper): Value[] {
  const power = (beta: number) => math.sub(1, math.pow(math.scalar(beta, 'float64'), step!));
  const root = math.sqrt(power(beta2));
  const rate = math.div(math.mul(math.cast(learningRate, 'float64'), root), power(beta1));
  return [math.cast(rate, learningRate.dtype), math.cast(math.mul(root, epsilon), learningRate.dtype)];
}

function step(
  { math, moments, shared, next }: UpdateCall,
  from: Value,
  gradient: Value,
  { beta1, beta2 }: Hyper,
): Update {
  const [lastMean, lastSquare] = moments as readonly [Value, Value];
  const [rate, epsilon] = shared as readonly [Value, Value];
  const mean = math.add(math.mul(lastMean, beta1), math.mul(gradient, 1 - beta1), next.moments[0]);
  const square = math.add(math.mul(lastSquare, beta2), math.mul(math.square(gradient), 1 - beta2), next.moments[1]);
  const direction = math.div(mean, math.add(math.sqrt(square), epsilon));
  return { parameter: math.sub(from, math.mul(direction, rate), next.parameter), moments: [mean, square] };
}

const adamLike = {
  countsSteps: true,
  check,
  moments: () => ['mean', 'square'],
  shared: corrections,
} as const;

export const ADAM: OptimizerRule<Hyper> = {
  ...adamLike,
  defaults: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
  update(call, hyper) {
    const { math, parameter, gradient } = call;
    const { weightDecay } = hyper;
    const decayed = weightDecay === 0 ? gradient : math.add(gradient, math.mul(parameter, weightDecay));
    return step(call, parameter, decayed, hyper);
  },
};

export const ADAM_W: OptimizerRule<Hyper> = {
  ...adamLike,
  defaults: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
  update(call, hyper) {
    const { math, parameter, gradient, learningRate } = call;
    const { weightDecay } = hyper;
    const shrunk = () => math.mul(parameter, math.sub(1, math.mul(learningRate, weightDecay)));
    return step(call, weightDecay === 0 ? parameter : shrunk(), gradient, hyper);
  },
};
