/** Losses of values: squared, absolute, and those between the two. Definitions and names are PyTorch's. */
import type { Arithmetic, GraphBuilder, Value } from '../onnx/index.js';
import { countedElements, ELEMENTWISE_CHECKS, type ElementwiseOptions, elementwise } from './elementwise.js';
import { type Checks, checkOptions, positive, share, without } from './options.js';
import { type LossRule, likeOutput } from './rule.js';

/** Where the Huber loss turns from squared to absolute. */
export interface HuberOptions extends ElementwiseOptions {
  /** Largest difference that counts squared, above 0, in the target's unit. Default 1. */
  readonly delta?: number;
}

/** Where the smooth L1 loss turns from squared to absolute. */
export interface SmoothL1Options extends ElementwiseOptions {
  /** Largest difference that counts squared, above 0, in the target's unit. Default 1. */
  readonly beta?: number;
}

/** Which quantile is predicted. */
export interface QuantileOptions extends ElementwiseOptions {
  /** 0 to 1: 0.5 (the default) is the median, and the loss then half the absolute difference. */
  readonly quantile?: number;
}

const HUBER_CHECKS: Checks<HuberOptions> = { ...ELEMENTWISE_CHECKS, delta: positive };
const SMOOTH_L1_CHECKS: Checks<SmoothL1Options> = { ...ELEMENTWISE_CHECKS, beta: positive };
const QUANTILE_CHECKS: Checks<QuantileOptions> = { ...ELEMENTWISE_CHECKS, quantile: share };

/** (x - t)^2. `output` and `target` [N, ...]; `sampleWeights` [N] */
export function meanSquaredError(
  graph: GraphBuilder,
  output: Value,
  target: Value,
  options: ElementwiseOptions = {},
  sampleWeights?: Value,
): Value {
  checkOptions('mse', ELEMENTWISE_CHECKS, options);
  return elementwise(graph, 'mse', { output, target, sampleWeights }, options, (math, x, t) =>
    math.square(math.sub(x, t)),
  );
}

/** |x - t|, with the gradient 0 where they are equal. `output` and `target` [N, ...]; `sampleWeights` [N] */
export function meanAbsoluteError(
  graph: GraphBuilder,
  output: Value,
  target: Value,
  options: ElementwiseOptions = {},
  sampleWeights?: Value,
): Value {
  checkOptions('l1', ELEMENTWISE_CHECKS, options);
  return elementwise(graph, 'l1', { output, target, sampleWeights }, options, (math, x, t) => {
    const error = math.sub(x, t);
    // The sign, which is also the slope. Sign itself, and with it the derivative of Abs, falls back to the CPU under WebGPU.
    return math.mul(slope(math, math.mul(error, 1e38), 1), error);
  });
}

/** (x - t)^2 / 2 up to `delta`, delta (|x - t| - delta / 2) beyond (Huber 1964). `output` and `target` [N, ...]; `sampleWeights` [N] */
export function huber(
  graph: GraphBuilder,
  output: Value,
  target: Value,
  options: HuberOptions = {},
  sampleWeights?: Value,
): Value {
  checkOptions('huber', HUBER_CHECKS, options);
  const { delta = 1 } = options;
  const given = { output, target, sampleWeights };
  return elementwise(graph, 'huber', given, options, (math, x, t) => rounded(math, math.sub(x, t), delta));
}

/** (x - t)^2 / (2 beta) below `beta`, |x - t| - beta / 2 beyond (Girshick 2015). `output` and `target` [N, ...]; `sampleWeights` [N] */
export function smoothL1(
  graph: GraphBuilder,
  output: Value,
  target: Value,
  options: SmoothL1Options = {},
  sampleWeights?: Value,
): Value {
  checkOptions('smooth_l1', SMOOTH_L1_CHECKS, options);
  const { beta = 1 } = options;
  const given = { output, target, sampleWeights };
  return elementwise(graph, 'smooth_l1', given, options, (math, x, t) =>
    math.div(rounded(math, math.sub(x, t), beta), beta),
  );
}

/**
 * q (t - x) where the target is larger, (1 - q) (x - t) where it is smaller: least at the quantile q (Koenker and Bassett 1978).
 * `output` and `target` [N, ...]; `sampleWeights` [N]
 */
export function quantileLoss(
  graph: GraphBuilder,
  output: Value,
  target: Value,
  options: QuantileOptions = {},
  sampleWeights?: Value,
): Value {
  checkOptions('quantile', QUANTILE_CHECKS, options);
  const { quantile = 0.5 } = options;
  return elementwise(graph, 'quantile', { output, target, sampleWeights }, options, (math, x, t) => {
    const error = math.sub(x, t);
    const above = math.cast(math.greater(error, 0), x.dtype);
    return math.mul(math.sub(above, quantile), error);
  });
}

/**
 * With c, the error e cut to -delta..delta, it is c e - c^2 / 2. Its slope is c whether or not c moves with e, so c is a constant to differentiation:
 * one formula for both branches, and one node for its derivative.
 */
function rounded(math: Arithmetic, error: Value, delta: number): Value {
  const cut = slope(math, error, delta);
  return math.mul(cut, math.sub(error, math.mul(cut, 0.5)));
}

function slope(math: Arithmetic, error: Value, limit: number): Value {
  const limits = [math.scalar(-limit, error.dtype), math.scalar(limit, error.dtype)];
  return math.graph.op('Clip', [error, ...limits], {}, { stopGradient: true });
}

type Settings<Options> = Omit<Options, 'reduction'>;
type Emit<Options> = (
  graph: GraphBuilder,
  output: Value,
  target: Value,
  options: Options,
  sampleWeights?: Value,
) => Value;

/** The row of a loss whose output is the prediction itself. */
function row<Options extends ElementwiseOptions>(
  checks: Checks<Settings<Options>>,
  emit: Emit<Settings<Options>>,
): LossRule<Settings<Options>> {
  return { checks, link: () => 'identity', target: likeOutput, emit, divisor: countedElements };
}

export type ValueSettings = Settings<ElementwiseOptions>;
export type HuberSettings = Settings<HuberOptions>;
export type SmoothL1Settings = Settings<SmoothL1Options>;
export type QuantileSettings = Settings<QuantileOptions>;

export const MSE = row<ElementwiseOptions>(without(ELEMENTWISE_CHECKS, 'reduction'), meanSquaredError);
export const L1 = row<ElementwiseOptions>(without(ELEMENTWISE_CHECKS, 'reduction'), meanAbsoluteError);
export const HUBER = row<HuberOptions>(without(HUBER_CHECKS, 'reduction'), huber);
export const SMOOTH_L1 = row<SmoothL1Options>(without(SMOOTH_L1_CHECKS, 'reduction'), smoothL1);
export const QUANTILE = row<QuantileOptions>(without(QUANTILE_CHECKS, 'reduction'), quantileLoss);
