/** Tversky loss: Dice with a price of its own for what is missed, for small lesions (Salehi, Erdogmus and Gholipour, MLMI 2017). */
import { Arithmetic, type GraphBuilder, type Value } from '../onnx/index.js';
import { type Checks, checkOptions, notNegative, positive, without } from './options.js';
import { activation, OVERLAP_CHECKS, type OverlapOptions, overlapOf, reducedClasses } from './overlap.js';
import { type LossRule, labelsOf, likeOutput } from './rule.js';

/** What regions are compared, and what each kind of mistake costs. */
export interface TverskyOptions extends OverlapOptions {
  /** Price of a place that is predicted and not true, >= 0. Default 0.3. */
  readonly falsePositives?: number;
  /** Price of a place that is true and not predicted, >= 0. Default 0.7. */
  readonly falseNegatives?: number;
  /**
   * The loss to this power, above 0: the focal Tversky loss (Abraham and Khan, ISBI 2019), whose 1 / gamma it is. Default 1. Below 1 it is steep
   * where nearly all is right; there the slope is kept finite.
   */
  readonly exponent?: number;
}

const CHECKS: Checks<TverskyOptions> = {
  ...OVERLAP_CHECKS,
  falsePositives: notNegative,
  falseNegatives: notNegative,
  exponent: positive,
};

/** Losses below it count as it where they are raised to a power below 1, whose slope at 0 is infinite. */
const LEAST = 1e-7;

/**
 * The mean over rows and classes of 1 - (sum p t + e) / (sum p t + a sum p (1 - t) + b sum (1 - p) t + e), with a the price of false positives,
 * b that of false negatives and the smoothing e. Prices of 0.5 give Dice with twice the smoothing. Shapes and errors are those of {@link dice}.
 */
export function tversky(
  graph: GraphBuilder,
  logits: Value,
  target: Value,
  options: TverskyOptions = {},
  sampleWeights?: Value,
): Value {
  checkOptions('tversky', CHECKS, options);
  const { falsePositives: a = 0.3, falseNegatives: b = 0.7, smoothing = 1e-5, exponent = 1 } = options;
  const math = new Arithmetic(graph);
  const { both, predicted, truth, weights } = overlapOf(math, 'tversky', logits, target, options, sampleWeights);
  const wrong = math.add(math.mul(math.sub(predicted, both), a), math.mul(math.sub(truth, both), b));
  const each = math.div(wrong, math.add(math.add(both, wrong), smoothing));
  return reducedClasses(math, exponent === 1 ? each : toPower(math, each, exponent), weights, options);
}

function toPower(math: Arithmetic, each: Value, exponent: number): Value {
  return math.pow(math.graph.op('Clip', [each, math.scalar(LEAST, each.dtype)]), exponent);
}

/** The loss as it is asked for in a training. */
export interface TverskySettings extends Omit<TverskyOptions, 'reduction'> {
  /** `softmax` (the default) for exclusive classes with labels, `sigmoid` for regions that may overlap. */
  readonly activation?: 'softmax' | 'sigmoid';
}

export const TVERSKY: LossRule<TverskySettings> = {
  checks: { ...without(CHECKS, 'reduction'), activation },
  link: ({ activation: link = 'softmax' }) => link,
  target: (output, { activation: link = 'softmax' }) => (link === 'softmax' ? labelsOf(output) : likeOutput(output)),
  emit: (graph, output, target, { activation: _, ...options }, sampleWeights) =>
    tversky(graph, output, target, options, sampleWeights),
};
