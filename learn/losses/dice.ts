/** Soft Dice loss for segmentations in two or three dimensions (Milletari et al., "V-Net", 3DV 2016). */
import { Arithmetic, type GraphBuilder, type Value } from '../onnx/index.js';
import { type Checks, checkOptions, flag, without } from './options.js';
import { activation, OVERLAP_CHECKS, type OverlapOptions, overlapOf, reducedClasses } from './overlap.js';
import { type LossRule, labelsOf, likeOutput } from './rule.js';

/** What regions are compared, and how their sizes are measured. */
export interface DiceOptions extends OverlapOptions {
  /** Squares p and t in the denominator, as V-Net does. Default false. */
  readonly squaredDenominator?: boolean;
}

const CHECKS: Checks<DiceOptions> = { ...OVERLAP_CHECKS, squaredDenominator: flag };

/**
 * The mean over rows and classes of 1 - (2 sum p t + e) / (sum p + sum t + e), the sums over all places of a row, with the smoothing e. A
 * target of labels makes p the softmax over classes, a floating-point one the sigmoid.
 *
 * @param logits [N, C, ...], with at least one axis of places
 * @param target labels [N, ...], int64 or int32, a label that is no class gives NaN; or [N, C, ...] of the logits' type, 0 to 1
 * @param sampleWeights [N]; a row of weight 0 has no part, whatever it holds. With `batch` they weigh the rows' places.
 * @returns a scalar; [N, C] for the reduction `none`, [C] with `batch`
 * @throws OnnxError when shapes, types or options do not fit
 */
export function dice(
  graph: GraphBuilder,
  logits: Value,
  target: Value,
  options: DiceOptions = {},
  sampleWeights?: Value,
): Value {
  checkOptions('dice', CHECKS, options);
  const math = new Arithmetic(graph);
  const { squaredDenominator: squared = false, smoothing = 1e-5 } = options;
  const overlap = overlapOf(math, 'dice', logits, target, { ...options, squared }, sampleWeights);
  const sizes = math.add(overlap.predicted, overlap.truth);
  // 1 - (2 b + e) / (s + e), without the difference of two numbers near 1.
  const each = math.div(math.sub(sizes, math.mul(overlap.both, 2)), math.add(sizes, smoothing));
  return reducedClasses(math, each, overlap.weights, options);
}

/** The loss as it is asked for in a training. */
export interface DiceSettings extends Omit<DiceOptions, 'reduction'> {
  /** `softmax` (the default) for exclusive classes with labels, `sigmoid` for regions that may overlap. */
  readonly activation?: 'softmax' | 'sigmoid';
}

export const DICE: LossRule<DiceSettings> = {
  checks: { ...without(CHECKS, 'reduction'), activation },
  link: ({ activation: link = 'softmax' }) => link,
  target: (output, { activation: link = 'softmax' }) => (link === 'softmax' ? labelsOf(output) : likeOutput(output)),
  emit: (graph, output, target, { activation: _, ...options }, sampleWeights) =>
    dice(graph, output, target, options, sampleWeights),
};
