/** Dice and cross-entropy together: one for the shape of regions, the other for smooth gradients (Isensee et al., "nnU-Net", Nature Methods 2021). */
import { Arithmetic, type GraphBuilder, isFloat, OnnxError, type Value } from '../onnx/index.js';
import { binaryCrossEntropy } from './binary-cross-entropy.js';
import { crossEntropy } from './cross-entropy.js';
import { type DiceOptions, dice } from './dice.js';
import { type Checks, checkOptions, flag, notNegative, perOutput, positive, share, weights } from './options.js';
import { activation, OVERLAP_CHECKS } from './overlap.js';
import { type LossRule, labelsOf, likeOutput } from './rule.js';

/** What the two losses weigh, and their own options. */
export interface DiceCrossEntropyOptions extends Omit<DiceOptions, 'reduction'> {
  /** Factor of the Dice loss, >= 0. Default 1. */
  readonly diceWeight?: number;
  /** Factor of the cross-entropy, >= 0. Default 1. */
  readonly crossEntropyWeight?: number;
  /** Of the cross-entropy of exclusive classes. */
  readonly classWeights?: readonly number[];
  /** Of the binary cross-entropy of regions that may overlap. */
  readonly positiveWeight?: number | readonly number[];
  /** Of the cross-entropy: Dice compares with what the target says. */
  readonly labelSmoothing?: number;
}

const { reduction: _, ...overlap } = OVERLAP_CHECKS;
const CHECKS: Checks<DiceCrossEntropyOptions> = {
  ...overlap,
  squaredDenominator: flag,
  diceWeight: notNegative,
  crossEntropyWeight: notNegative,
  classWeights: weights,
  positiveWeight: perOutput(positive),
  labelSmoothing: share,
};

/**
 * The weighted sum of {@link dice} and of the mean {@link crossEntropy} of all places, or, with a floating-point target, {@link binaryCrossEntropy}.
 * Cross-entropy counts the background also where Dice leaves it out.
 *
 * @param logits [N, C, ...], with at least one axis of places
 * @param target labels [N, ...], int64 or int32; or [N, C, ...] of the logits' type, 0 to 1
 * @param sampleWeights [N]; a row of weight 0 has no part, whatever it holds
 * @returns a scalar
 * @throws OnnxError when shapes, types or options do not fit
 */
export function diceCrossEntropy(
  graph: GraphBuilder,
  logits: Value,
  target: Value,
  options: DiceCrossEntropyOptions = {},
  sampleWeights?: Value,
): Value {
  checkOptions('dice_cross_entropy', CHECKS, options);
  const { diceWeight = 1, crossEntropyWeight = 1, classWeights, positiveWeight, labelSmoothing, ...regions } = options;
  const regional = isFloat(target.dtype);
  if (regional && classWeights)
    throw new OnnxError('class weights need labels; regions that may overlap have a positive weight');
  if (!regional && positiveWeight !== undefined)
    throw new OnnxError('a positive weight needs regions that may overlap; labels have class weights');
  const math = new Arithmetic(graph);
  const smooth = labelSmoothing === undefined ? {} : { labelSmoothing };
  const entropy = regional
    ? binaryCrossEntropy(
        graph,
        logits,
        target,
        { ...smooth, ...(positiveWeight !== undefined && { positiveWeight }) },
        sampleWeights,
      )
    : crossEntropy(
        graph,
        logits,
        target,
        {
          ...smooth,
          ...(classWeights && { classWeights }),
          ...(regions.ignoreLabel !== undefined && { ignoreLabel: regions.ignoreLabel }),
        },
        sampleWeights,
      );
  const overlapping = dice(graph, logits, target, regions, sampleWeights);
  return math.add(math.mul(overlapping, diceWeight), math.mul(entropy, crossEntropyWeight));
}

/** The loss as it is asked for in a training. */
export interface DiceCrossEntropySettings extends DiceCrossEntropyOptions {
  /** `softmax` (the default) for exclusive classes with labels, `sigmoid` for regions that may overlap. */
  readonly activation?: 'softmax' | 'sigmoid';
}

export const DICE_CROSS_ENTROPY: LossRule<DiceCrossEntropySettings> = {
  checks: { ...CHECKS, activation },
  link: ({ activation: link = 'softmax' }) => link,
  target: (output, { activation: link = 'softmax' }) => (link === 'softmax' ? labelsOf(output) : likeOutput(output)),
  emit: (graph, output, target, { activation: _, ...options }, sampleWeights) =>
    diceCrossEntropy(graph, output, target, options, sampleWeights),
};
