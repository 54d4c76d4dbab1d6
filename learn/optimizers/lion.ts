/** Lion (Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023, algorithm 2). Its rates are 3 to 10 times smaller than Adam's. */
import type { Value } from '../onnx/index.js';
import { decay, notNegative } from './ranges.js';
import type { OptimizerRule } from './rule.js';
import { runningMean } from './running-mean.js';
import { shrinkage, shrunk } from './weight-decay.js';

/** Settings of Lion. */
export interface LionSettings {
  /** Share of the mean in the direction of a step. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of the gradients. Default 0.99. */
  readonly beta2?: number;
  /** The parameter shrinks by `learningRate * weightDecay`. Default 0. */
  readonly weightDecay?: number;
}

export const LION: OptimizerRule<Required<LionSettings>> = {
  defaults: { beta1: 0.9, beta2: 0.99, weightDecay: 0 },
  check: ({ beta1, beta2, weightDecay }) =>
    decay('beta1', beta1) ?? decay('beta2', beta2) ?? notNegative('weightDecay', weightDecay),
  moments: () => ({ mean: 0 }),
  countsSteps: () => false,
  shared: (math, { learningRate }, { weightDecay }) => shrinkage(math, learningRate, weightDecay),
  update({ math, parameter, gradient, moments, shared, learningRate, next }, { beta1, beta2 }) {
    const [last] = moments as readonly [Value];
    const direction = math.sign(runningMean(math, last, gradient, beta1));
    const change = math.mul(direction, learningRate);
    return {
      parameter: math.sub(shrunk(math, parameter, shared[0]), change, next.parameter),
      moments: [runningMean(math, last, gradient, beta2, next.moments[0])],
    };
  },
};
