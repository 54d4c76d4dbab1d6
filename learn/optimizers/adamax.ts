/** Adam with the largest gradient in place of the second moment (Kingma and Ba 2015, algorithm 2), as `torch.optim.Adamax`. */
import type { Value } from '../onnx/index.js';
import { meanAndSquare } from './ranges.js';
import type { OptimizerRule } from './rule.js';
import { biasCorrection, runningMean } from './running-mean.js';
import { withPenalty } from './weight-decay.js';

/** Settings of Adamax. */
export interface AdamaxSettings {
  /** Decay of the mean of the gradients. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the largest magnitude of a gradient. Default 0.999. */
  readonly beta2?: number;
  /** Added to the magnitude of the gradient. Default 1e-8. */
  readonly epsilon?: number;
  /** Added to the gradient as `weightDecay * parameter`. Default 0. */
  readonly weightDecay?: number;
}

export const ADAMAX: OptimizerRule<Required<AdamaxSettings>> = {
  defaults: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
  check: meanAndSquare,
  moments: () => ({ mean: 0, largest: 0 }),
  countsSteps: () => true,
  shared(math, { learningRate, step }, { beta1 }) {
    const rate = math.div(math.cast(learningRate, 'float64'), biasCorrection(math, beta1, step!));
    return [math.cast(rate, learningRate.dtype)];
  },
  update(call, { beta1, beta2, epsilon, weightDecay }) {
    const { math, moments, shared, next } = call;
    const [lastMean, lastLargest] = moments as readonly [Value, Value];
    const [rate] = shared as readonly [Value];
    const gradient = withPenalty(call, weightDecay);
    const mean = runningMean(math, lastMean, gradient, beta1, next.moments[0]);
    const magnitude = math.add(math.graph.op('Abs', [gradient]), epsilon);
    const largest = math.max(math.mul(lastLargest, beta2), magnitude, next.moments[1]);
    const change = math.mul(math.div(mean, largest), rate);
    return { parameter: math.sub(call.parameter, change, next.parameter), moments: [mean, largest] };
  },
};
