/** Adagrad (Duchi, Hazan, Singer 2011, diagonal case, section 5), as `torch.optim.Adagrad` defines it. */
import { notNegative } from './ranges.js';
import type { OptimizerRule } from './rule.js';
import { withPenalty } from './weight-decay.js';

/** Settings of Adagrad. */
export interface AdagradSettings {
  /** Step t has the rate learningRate / (1 + (t - 1) * learningRateDecay). Default 0. */
  readonly learningRateDecay?: number;
  /** What the sums of squares start from. Default 0. */
  readonly initialAccumulator?: number;
  /** Added to the root of the sum. Default 1e-10. */
  readonly epsilon?: number;
  /** Added to the gradient as `weightDecay * parameter`. Default 0. */
  readonly weightDecay?: number;
}

export const ADAGRAD: OptimizerRule<Required<AdagradSettings>> = {
  defaults: { learningRateDecay: 0, initialAccumulator: 0, epsilon: 1e-10, weightDecay: 0 },
  check: ({ learningRateDecay, initialAccumulator, epsilon, weightDecay }) =>
    notNegative('learningRateDecay', learningRateDecay) ??
    notNegative('initialAccumulator', initialAccumulator) ??
    notNegative('epsilon', epsilon) ??
    notNegative('weightDecay', weightDecay),
  moments: ({ initialAccumulator }) => ({ sum: initialAccumulator }),
  countsSteps: ({ learningRateDecay }) => learningRateDecay > 0,
  shared(math, { learningRate, step }, { learningRateDecay }) {
    if (!step || learningRateDecay === 0) return [];
    const slowing = math.add(math.mul(math.sub(step, 1), learningRateDecay), 1);
    return [math.cast(math.div(math.cast(learningRate, 'float64'), slowing), learningRate.dtype)];
  },
  update(call, { epsilon, weightDecay }) {
    const { math, parameter, moments, shared, learningRate, next } = call;
    const gradient = withPenalty(call, weightDecay);
    const sum = math.add(moments[0]!, math.square(gradient), next.moments[0]);
    const change = math.mul(math.div(gradient, math.add(math.sqrt(sum), epsilon)), shared[0] ?? learningRate);
    return { parameter: math.sub(parameter, change, next.parameter), moments: [sum] };
  },
};
