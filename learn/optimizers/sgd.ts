/** Stochastic gradient descent as `torch.optim.SGD` defines it (Sutskever et al. 2013, without dampening). */
import type { OptimizerRule } from './rule.js';

/** Settings of stochastic gradient descent. */
export interface SgdSettings {
  /** Share of the last direction that goes on, 0 (the default) to 1. */
  readonly momentum?: number;
  /** Looks ahead by one step of momentum. */
  readonly nesterov?: boolean;
  /** Added to the gradient as `weightDecay * parameter`. Default 0. */
  readonly weightDecay?: number;
}

export const SGD: OptimizerRule<Required<SgdSettings>> = {
  defaults: { momentum: 0, nesterov: false, weightDecay: 0 },
  countsSteps: false,
  check({ momentum, nesterov, weightDecay }) {
    if (!(momentum >= 0 && momentum <= 1)) return `momentum is from 0 to 1, not ${momentum}`;
    if (!(weightDecay >= 0)) return `weightDecay is >= 0, not ${weightDecay}`;
    return nesterov && momentum === 0 ? 'nesterov needs a momentum above 0' : undefined;
  },
  moments: ({ momentum }) => (momentum === 0 ? [] : ['momentum']),
  update({ math, parameter, gradient, moments, learningRate, next }, { momentum, nesterov, weightDecay }) {
    const decayed = weightDecay === 0 ? gradient : math.add(gradient, math.mul(parameter, weightDecay));
    const [last] = moments;
    const velocity = last && math.add(math.mul(last, momentum), decayed, next.moments[0]);
    const ahead = velocity && nesterov ? math.add(decayed, math.mul(velocity, momentum)) : velocity;
    return {
      parameter: math.sub(parameter, math.mul(ahead ?? decayed, learningRate), next.parameter),
      moments: velocity ? [velocity] : [],
    };
  },
};
