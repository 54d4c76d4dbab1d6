/** Adadelta (Zeiler 2012, algorithm 1), as `torch.optim.Adadelta` defines it. Its usual learning rate is 1. */
import type { Value } from '../onnx/index.js';
import { decay, notNegative } from './ranges.js';
import type { OptimizerRule } from './rule.js';
import { runningSquare } from './running-mean.js';
import { withPenalty } from './weight-decay.js';

/** Settings of Adadelta. */
export interface AdadeltaSettings {
  /** Decay of both means of squares. Default 0.9. */
  readonly rho?: number;
  /** Added to both means. Default 1e-6. */
  readonly epsilon?: number;
  /** Added to the gradient as `weightDecay * parameter`. Default 0. */
  readonly weightDecay?: number;
}

export const ADADELTA: OptimizerRule<Required<AdadeltaSettings>> = {
  defaults: { rho: 0.9, epsilon: 1e-6, weightDecay: 0 },
  check: ({ rho, epsilon, weightDecay }) =>
    decay('rho', rho) ?? notNegative('epsilon', epsilon) ?? notNegative('weightDecay', weightDecay),
  moments: () => ({ square: 0, square_change: 0 }),
  countsSteps: () => false,
  update(call, { rho, epsilon, weightDecay }) {
    const { math, parameter, moments, learningRate, next } = call;
    const [lastSquare, lastChange] = moments as readonly [Value, Value];
    const gradient = withPenalty(call, weightDecay);
    const square = runningSquare(math, lastSquare, gradient, rho, next.moments[0]);
    const ratio = math.sqrt(math.div(math.add(lastChange, epsilon), math.add(square, epsilon)));
    const change = math.mul(ratio, gradient);
    const squareChange = runningSquare(math, lastChange, change, rho, next.moments[1]);
    return {
      parameter: math.sub(parameter, math.mul(change, learningRate), next.parameter),
      moments: [square, squareChange],
    };
  },
};
