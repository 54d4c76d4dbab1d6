/** Adam with Nesterov's momentum (Dozat, "Incorporating Nesterov momentum into Adam", ICLR workshop 2016), as `torch.optim.NAdam`. */
import type { Arithmetic, Value } from '../onnx/index.js';
import { meanAndSquare, notNegative } from './ranges.js';
import type { OptimizerRule, StepValues } from './rule.js';
import { biasCorrection, runningMean, runningSquare } from './running-mean.js';
import { shrinkage, shrunk, withPenalty } from './weight-decay.js';

/** Settings of NAdam. */
export interface NadamSettings {
  /** Decay of the mean of the gradients. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of their squares. Default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the second moment. Default 1e-8. */
  readonly epsilon?: number;
  /** How fast the momentum rises from beta1 / 2 to beta1. Default 0.004. */
  readonly momentumDecay?: number;
  /** Default 0. */
  readonly weightDecay?: number;
  /** Whether the parameter shrinks by `learningRate * weightDecay`; else (the default) the decay is added to the gradient. */
  readonly decoupledWeightDecay?: boolean;
  /**
   * Counts the momentum of the step twice in the factor of the mean, as PyTorch before 2.0 did by mistake (mended by its pull
   * request 92699): to repeat runs of that time. Default false.
   */
  readonly asPyTorch1?: boolean;
}

type Hyper = Required<NadamSettings>;

/** mu_t = beta1 (1 - 0.96^(t momentumDecay) / 2) */
function momentumOf(math: Arithmetic, step: Value, { beta1, momentumDecay }: Hyper): Value {
  const power = math.pow(math.scalar(0.96, 'float64'), math.mul(step, momentumDecay));
  return math.mul(math.sub(1, math.mul(power, 0.5)), beta1);
}

/** Factors of gradient and mean, and epsilon; sqrt(c2) is folded in as in Adam. */
function corrections(math: Arithmetic, { learningRate, step, running }: StepValues, hyper: Hyper): Value[] {
  const [product] = running as readonly [Value];
  const root = math.sqrt(biasCorrection(math, hyper.beta2, step!));
  const rate = math.mul(math.cast(learningRate, 'float64'), root);
  const momentum = momentumOf(math, step!, hyper);
  const following = momentumOf(math, math.add(step!, 1), hyper);
  const ofGradient = math.div(math.mul(rate, math.sub(1, momentum)), math.sub(1, product));
  const reached = hyper.asPyTorch1 ? math.mul(product, momentum) : product;
  const ofMean = math.div(math.mul(rate, following), math.sub(1, math.mul(reached, following)));
  return [ofGradient, ofMean, math.mul(root, hyper.epsilon)].map((value) => math.cast(value, learningRate.dtype));
}

export const NADAM: OptimizerRule<Hyper> = {
  defaults: {
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    momentumDecay: 0.004,
    weightDecay: 0,
    decoupledWeightDecay: false,
    asPyTorch1: false,
  },
  check: (hyper) => meanAndSquare(hyper) ?? notNegative('momentumDecay', hyper.momentumDecay),
  moments: () => ({ mean: 0, square: 0 }),
  countsSteps: () => true,
  running: [
    {
      name: 'momentum_product',
      initial: 1,
      next: (math, last, step, hyper) => math.mul(last, momentumOf(math, step, hyper)),
    },
  ],
  shared: (math, values, hyper) => [
    ...corrections(math, values, hyper),
    ...(hyper.decoupledWeightDecay ? shrinkage(math, values.learningRate, hyper.weightDecay) : []),
  ],
  update(call, { beta1, beta2, weightDecay, decoupledWeightDecay }) {
    const { math, moments, shared, next } = call;
    const [lastMean, lastSquare] = moments as readonly [Value, Value];
    const [ofGradient, ofMean, epsilon] = shared as readonly [Value, Value, Value];
    const gradient = decoupledWeightDecay ? call.gradient : withPenalty(call, weightDecay);
    const mean = runningMean(math, lastMean, gradient, beta1, next.moments[0]);
    const square = runningSquare(math, lastSquare, gradient, beta2, next.moments[1]);
    const ahead = math.add(math.mul(gradient, ofGradient), math.mul(mean, ofMean));
    const change = math.div(ahead, math.add(math.sqrt(square), epsilon));
    return {
      parameter: math.sub(shrunk(math, call.parameter, shared[3]), change, next.parameter),
      moments: [mean, square],
    };
  },
};
