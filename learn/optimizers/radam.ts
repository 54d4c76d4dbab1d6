/** Rectified Adam (Liu et al., "On the variance of the adaptive learning rate and beyond", ICLR 2020, algorithm 2), as `torch.optim.RAdam`. */
import type { Arithmetic, Value } from '../onnx/index.js';
import { meanAndSquare } from './ranges.js';
import type { OptimizerRule, StepValues } from './rule.js';
import { biasCorrection, runningMean, runningSquare } from './running-mean.js';
import { shrinkage, shrunk, withPenalty } from './weight-decay.js';

/** Settings of RAdam. */
export interface RadamSettings {
  /** Decay of the mean of the gradients. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of their squares. Default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the second moment. Default 1e-8. */
  readonly epsilon?: number;
  /** Default 0. */
  readonly weightDecay?: number;
  /** Whether the parameter shrinks by `learningRate * weightDecay`; else (the default) the decay is added to the gradient. */
  readonly decoupledWeightDecay?: boolean;
}

type Hyper = Required<RadamSettings>;

/** Length of the simple moving average above which its variance is known well enough; PyTorch's value, the paper has 4. */
const LEAST_LENGTH = 5;

/** The rate of the step, epsilon, and whether the step is divided by the second moment (a bool scalar). */
function rectification(math: Arithmetic, { learningRate, step }: StepValues, hyper: Hyper): Value[] {
  const { beta1, beta2, epsilon } = hyper;
  const longest = 2 / (1 - beta2) - 1;
  const correction = biasCorrection(math, beta2, step!);
  const root = math.sqrt(correction);
  // beta2^t is 1 - c2.
  const lost = math.div(math.mul(math.mul(step!, 2), math.sub(1, correction)), correction);
  const length = math.sub(longest, lost);
  const variance = math.div(math.mul(math.sub(length, 4), math.sub(length, 2)), length);
  const rectifier = math.sqrt(math.mul(variance, longest / ((longest - 4) * (longest - 2))));
  const adaptive = math.greater(length, LEAST_LENGTH);
  const plain = math.div(math.cast(learningRate, 'float64'), biasCorrection(math, beta1, step!));
  const rate = math.where(adaptive, math.mul(plain, math.mul(rectifier, root)), plain);
  return [math.cast(rate, learningRate.dtype), math.scalar(epsilon, learningRate.dtype), adaptive];
}

export const RADAM: OptimizerRule<Hyper> = {
  defaults: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, decoupledWeightDecay: false },
  check: meanAndSquare,
  moments: () => ({ mean: 0, square: 0 }),
  countsSteps: () => true,
  shared: (math, values, hyper) => [
    ...rectification(math, values, hyper),
    ...(hyper.decoupledWeightDecay ? shrinkage(math, values.learningRate, hyper.weightDecay) : []),
  ],
  update(call, { beta1, beta2, weightDecay, decoupledWeightDecay }) {
    const { math, moments, shared, next } = call;
    const [lastMean, lastSquare] = moments as readonly [Value, Value];
    const [rate, epsilon, adaptive] = shared as readonly [Value, Value, Value];
    const gradient = decoupledWeightDecay ? call.gradient : withPenalty(call, weightDecay);
    const mean = runningMean(math, lastMean, gradient, beta1, next.moments[0]);
    const square = runningSquare(math, lastSquare, gradient, beta2, next.moments[1]);
    const divisor = math.where(adaptive, math.add(math.sqrt(square), epsilon), 1);
    const change = math.mul(math.div(mean, divisor), rate);
    return {
      parameter: math.sub(shrunk(math, call.parameter, shared[3]), change, next.parameter),
      moments: [mean, square],
    };
  },
};
