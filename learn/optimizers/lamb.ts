/**
 * LAMB (You et al., "Large batch optimization for deep learning: training BERT in 76 minutes", ICLR 2020, algorithm 2),
 * with phi(z) = z as in the paper's experiments. A tensor whose norm, or whose change's, is zero has the trust ratio 1.
 */
import type { Arithmetic, Value } from '../onnx/index.js';
import { adamCorrections } from './adam.js';
import { euclideanNorm } from './norm.js';
import { meanAndSquare } from './ranges.js';
import type { OptimizerRule } from './rule.js';
import { runningMean, runningSquare } from './running-mean.js';

/** Settings of LAMB. */
export interface LambSettings {
  /** Decay of the mean of the gradients. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of their squares. Default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the second moment. Default 1e-6. */
  readonly epsilon?: number;
  /** Added to the direction as `weightDecay * parameter`, before its norm is taken. Default 0.01. */
  readonly weightDecay?: number;
}

/** Norm of the parameter by the norm of its change: a scalar. */
function trustRatio(math: Arithmetic, parameter: Value, change: Value): Value {
  const [ofParameter, ofChange] = [euclideanNorm(math, parameter), euclideanNorm(math, change)];
  const bothLong = math.greater(math.min(ofParameter, ofChange), 0);
  return math.cast(math.where(bothLong, math.div(ofParameter, ofChange), 1), parameter.dtype);
}

export const LAMB: OptimizerRule<Required<LambSettings>> = {
  defaults: { beta1: 0.9, beta2: 0.999, epsilon: 1e-6, weightDecay: 0.01 },
  check: meanAndSquare,
  moments: () => ({ mean: 0, square: 0 }),
  countsSteps: () => true,
  // The learning rate does not belong to the direction here: its corrections are those of a rate of 1.
  shared: (math, values, hyper) =>
    adamCorrections(math, { ...values, learningRate: math.scalar(1, values.learningRate.dtype) }, hyper),
  update({ math, parameter, gradient, moments, shared, learningRate, next }, { beta1, beta2, weightDecay }) {
    const [lastMean, lastSquare] = moments as readonly [Value, Value];
    const [correction, epsilon] = shared as readonly [Value, Value];
    const mean = runningMean(math, lastMean, gradient, beta1, next.moments[0]);
    const square = runningSquare(math, lastSquare, gradient, beta2, next.moments[1]);
    const adam = math.div(math.mul(mean, correction), math.add(math.sqrt(square), epsilon));
    const change = weightDecay === 0 ? adam : math.add(adam, math.mul(parameter, weightDecay));
    const rate = math.mul(learningRate, trustRatio(math, parameter, change));
    return {
      parameter: math.sub(parameter, math.mul(change, rate), next.parameter),
      moments: [mean, square],
    };
  },
};
