/** Stochastic gradient descent as `torch.optim.SGD` defines it (momentum: Sutskever et al. 2013). */
import type { Value } from '../onnx/index.js';
import { notNegative, share } from './ranges.js';
import type { OptimizerRule, UpdateCall } from './rule.js';
import { withPenalty } from './weight-decay.js';

/** Settings of stochastic gradient descent. */
export interface SgdSettings {
  /** Share of the last direction that goes on, 0 (the default) to 1. */
  readonly momentum?: number;
  /** Share of the gradient that does not enter the direction, 0 (the default) to 1. The first gradient enters as a whole. */
  readonly dampening?: number;
  /** Looks ahead by one step of momentum. */
  readonly nesterov?: boolean;
  /** Added to the gradient as `weightDecay * parameter`. Default 0. */
  readonly weightDecay?: number;
}

type Hyper = Required<SgdSettings>;

function direction({ math, moments, shared, next }: UpdateCall, gradient: Value, hyper: Hyper): Value[] {
  const [last] = moments;
  const [intake] = shared;
  if (!last) return [];
  const taken = intake ? math.mul(gradient, intake) : gradient;
  return [math.add(math.mul(last, hyper.momentum), taken, next.moments[0])];
}

export const SGD: OptimizerRule<Hyper> = {
  defaults: { momentum: 0, dampening: 0, nesterov: false, weightDecay: 0 },
  check({ momentum, dampening, nesterov, weightDecay }) {
    const range = share('momentum', momentum) ?? share('dampening', dampening);
    if (range) return range;
    if (nesterov && momentum === 0) return 'nesterov needs a momentum above 0';
    if (nesterov && dampening > 0) return `nesterov needs a dampening of 0, not ${dampening}`;
    return notNegative('weightDecay', weightDecay);
  },
  moments: ({ momentum }) => (momentum === 0 ? {} : { momentum: 0 }),
  countsSteps: ({ momentum, dampening }) => momentum > 0 && dampening > 0,
  shared(math, { learningRate, step }, { dampening }) {
    if (!step || dampening === 0) return [];
    const intake = math.where(math.less(step, 1.5), math.scalar(1, 'float64'), 1 - dampening);
    return [math.cast(intake, learningRate.dtype)];
  },
  update(call, hyper) {
    const { math, parameter, learningRate, next } = call;
    const gradient = withPenalty(call, hyper.weightDecay);
    const [velocity] = direction(call, gradient, hyper);
    const ahead = velocity && hyper.nesterov ? math.add(gradient, math.mul(velocity, hyper.momentum)) : velocity;
    return {
      parameter: math.sub(parameter, math.mul(ahead ?? gradient, learningRate), next.parameter),
      moments: velocity ? [velocity] : [],
    };
  },
};
