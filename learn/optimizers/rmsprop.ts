/** RMSprop (Tieleman and Hinton 2012; centred: Graves 2013, equations 38 to 45), as `torch.optim.RMSprop` defines it. */
import type { Arithmetic, Value } from '../onnx/index.js';
import { decay, notNegative } from './ranges.js';
import type { OptimizerRule } from './rule.js';
import { runningMean, runningSquare } from './running-mean.js';
import { withPenalty } from './weight-decay.js';

/** Settings of RMSprop. */
export interface RmspropSettings {
  /** Decay of the mean of the squared gradients. Default 0.99. */
  readonly alpha?: number;
  /** Added to the root of that mean. Default 1e-8. */
  readonly epsilon?: number;
  /** Share of the last change that goes on. Default 0. */
  readonly momentum?: number;
  /** Divides by the deviation of the gradients from their mean. Default false. */
  readonly centered?: boolean;
  /** Added to the gradient as `weightDecay * parameter`. Default 0. */
  readonly weightDecay?: number;
}

/** The square less the squared mean. Rounding may take it below 0, whose root would be NaN. */
function variance(math: Arithmetic, square: Value, mean: Value): Value {
  return math.max(math.sub(square, math.square(mean)), 0);
}

export const RMSPROP: OptimizerRule<Required<RmspropSettings>> = {
  defaults: { alpha: 0.99, epsilon: 1e-8, momentum: 0, centered: false, weightDecay: 0 },
  check: ({ alpha, epsilon, momentum, weightDecay }) =>
    decay('alpha', alpha) ??
    notNegative('epsilon', epsilon) ??
    notNegative('momentum', momentum) ??
    notNegative('weightDecay', weightDecay),
  moments: ({ centered, momentum }) => ({
    square: 0,
    ...(centered && { mean: 0 }),
    ...(momentum > 0 && { momentum: 0 }),
  }),
  countsSteps: () => false,
  update(call, { alpha, epsilon, momentum, centered, weightDecay }) {
    const { math, parameter, moments, learningRate, next } = call;
    const gradient = withPenalty(call, weightDecay);
    const square = runningSquare(math, moments[0]!, gradient, alpha, next.moments[0]);
    const mean = centered ? [runningMean(math, moments[1]!, gradient, alpha, next.moments[1])] : [];
    const deviation = math.sqrt(mean[0] ? variance(math, square, mean[0]) : square);
    const scaled = math.div(gradient, math.add(deviation, epsilon));
    const place = 1 + mean.length;
    const velocity = momentum > 0 ? [math.add(math.mul(moments[place]!, momentum), scaled, next.moments[place])] : [];
    const change = math.mul(velocity[0] ?? scaled, learningRate);
    return { parameter: math.sub(parameter, change, next.parameter), moments: [square, ...mean, ...velocity] };
  },
};
