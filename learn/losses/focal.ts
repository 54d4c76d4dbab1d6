/** Focal loss, on logits: cross-entropy that all but forgets what is already right (Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017). */
import { Arithmetic, type GraphBuilder, isFloat, OnnxError, type Value } from '../onnx/index.js';
import { countedElements, ELEMENTWISE_CHECKS, type ElementwiseOptions, elementwise } from './elementwise.js';
import { classesOf, labelled, perClass } from './labels.js';
import { type Checks, checkOptions, label, notNegative, oneOf, perOutput, share, weights } from './options.js';
import { type Reduction, reduced, reduction } from './reduction.js';
import { type LossRule, labelsOf, likeOutput } from './rule.js';
import { softmax } from './softmax.js';

/** How strongly what is right is forgotten, and how answers are weighted. */
export interface BinaryFocalOptions extends ElementwiseOptions {
  /** Exponent >= 0; 0 gives cross-entropy. Default 2, as in the paper. */
  readonly gamma?: number;
  /** Weight of the positives, 0 to 1; negatives have 1 - alpha. Without it both have 1. */
  readonly alpha?: number;
}

/** How strongly what is right is forgotten, and how classes are weighted. */
export interface FocalOptions {
  /** Exponent >= 0; 0 gives cross-entropy. Default 2, as in the paper. */
  readonly gamma?: number;
  /** A weight for each class. All are finite and >= 0, not all 0. */
  readonly alpha?: readonly number[];
  /** What has this label counts as not there. */
  readonly ignoreLabel?: number;
  /** `mean` (the default) divides by the sum of the rows' weights; `alpha` is no part of the divisor. */
  readonly reduction?: Reduction;
}

const BINARY_CHECKS: Checks<BinaryFocalOptions> = { ...ELEMENTWISE_CHECKS, gamma: notNegative, alpha: share };
const CHECKS: Checks<FocalOptions> = { gamma: notNegative, alpha: weights, ignoreLabel: label, reduction };

/**
 * -a (1 - p)^g log p for positives and -(1 - a) p^g log(1 - p) for negatives, with p = sigmoid(logit) (equation 5 of the paper; the
 * values of `torchvision.ops.sigmoid_focal_loss`). A target between 0 and 1 mixes the two. Finite for logits of any size.
 *
 * @param logits [N, ...]
 * @param target of the logits' type and shape, 0 to 1
 * @param sampleWeights [N]; a row of weight 0 has no part, whatever it holds
 * @returns a scalar; the shape of the logits for the reduction `none`
 * @throws OnnxError when shapes, types or options do not fit
 */
export function binaryFocal(
  graph: GraphBuilder,
  logits: Value,
  target: Value,
  options: BinaryFocalOptions = {},
  sampleWeights?: Value,
): Value {
  checkOptions('focal', BINARY_CHECKS, options);
  const { gamma = 2, alpha } = options;
  return elementwise(graph, 'focal', { output: logits, target, sampleWeights }, options, (math, x, t) => {
    // -log p and -log(1 - p); powers are taken of their logarithms, so that nothing is 0 to a power below 1.
    const [missed, alarmed] = [graph.op('Softplus', [math.neg(x)]), graph.op('Softplus', [x])];
    const faded = (loss: Value, other: Value): Value =>
      gamma === 0 ? loss : math.mul(loss, math.exp(math.mul(other, -gamma)));
    const weighted = (answer: Value, weight: number | undefined): Value =>
      weight === undefined ? answer : math.mul(answer, weight);
    const positives = math.mul(weighted(t, alpha), faded(missed, alarmed));
    const negatives = math.mul(weighted(math.sub(1, t), alpha && 1 - alpha), faded(alarmed, missed));
    return math.add(positives, negatives);
  });
}

/**
 * -a_k (1 - p_k)^g log p_k with the label k and p = softmax(logits). Finite for logits of any size.
 *
 * @param logits [N, C, ...]
 * @param labels [N, ...], int64 or int32; one that is no class gives NaN
 * @param sampleWeights [N]; a row of weight 0 has no part, whatever it holds
 * @returns a scalar, or [N, ...] for the reduction `none`
 * @throws OnnxError when shapes, types or options do not fit
 */
export function focal(
  graph: GraphBuilder,
  logits: Value,
  labels: Value,
  options: FocalOptions = {},
  sampleWeights?: Value,
): Value {
  checkOptions('focal', CHECKS, options);
  const { gamma = 2, alpha, ignoreLabel, reduction: how = 'mean' } = options;
  const classes = classesOf('focal', logits);
  if (alpha && alpha.length !== classes)
    throw new OnnxError(`${classes} classes need ${classes} weights, not ${alpha.length}`);
  const math = new Arithmetic(graph);
  const rows = labelled(math, 'focal', { logits, labels, sampleWeights }, ignoreLabel);
  const { shifted, powers, sum } = softmax(math, rows.logits);
  const logProbability = math.sub(math.sum(math.where(rows.isLabel, shifted, 0), [1], true), math.log(sum));
  let loss = math.neg(logProbability);
  if (gamma !== 0) {
    // The others' share rather than 1 - p, which loses all digits near 1; kept above 0, where a power below 1 is steep beyond all bounds.
    const others = math.div(math.sum(math.where(rows.isLabel, 0, powers), [1], true), sum);
    const kept = graph.op('Clip', [others, math.scalar(SMALLEST_SHARE, others.dtype)]);
    loss = math.mul(loss, math.pow(kept, gamma));
  }
  if (alpha) loss = math.mul(loss, math.sum(math.where(rows.isLabel, perClass(math, alpha, logits), 0), [1], true));
  const certain = rows.certain();
  const each = reduced(math, loss, certain, how === 'mean' ? 'sum' : how);
  if (how === 'none') return math.squeeze(each, [1]);
  return how === 'sum' ? each : math.div(each, math.sum(certain));
}

const SMALLEST_SHARE = 1e-30;

/** The loss as it is asked for in a training: of exclusive classes, or of findings that may come together. */
export type FocalSettings =
  | ({ readonly activation?: 'softmax' } & Omit<FocalOptions, 'reduction'>)
  | ({ readonly activation: 'sigmoid' } & Omit<BinaryFocalOptions, 'reduction'>);

interface AnyFocalSettings {
  readonly activation?: 'softmax' | 'sigmoid';
  readonly gamma?: number;
  readonly alpha?: number | readonly number[];
  readonly ignoreLabel?: number;
  readonly ignoreTarget?: number;
}

export const FOCAL: LossRule<AnyFocalSettings> = {
  checks: {
    activation: oneOf('softmax', 'sigmoid'),
    gamma: notNegative,
    alpha: perOutput(notNegative),
    ignoreLabel: label,
    ignoreTarget: ELEMENTWISE_CHECKS.ignoreTarget,
  },
  link: ({ activation = 'softmax' }) => activation,
  target: (output, { activation = 'softmax' }) => (activation === 'softmax' ? labelsOf(output) : likeOutput(output)),
  // What belongs to the other activation is refused by the loss itself.
  emit: (graph, output, target, { activation: _, ...options }, sampleWeights) =>
    isFloat(target.dtype)
      ? binaryFocal(graph, output, target, options as BinaryFocalOptions, sampleWeights)
      : focal(graph, output, target, options as FocalOptions, sampleWeights),
  divisor(graph, logits, labels, options, sampleWeights) {
    if (isFloat(labels.dtype))
      return countedElements(graph, logits, labels, options as BinaryFocalOptions, sampleWeights);
    if (options.ignoreLabel === undefined) return undefined;
    const math = new Arithmetic(graph);
    return math.sum(labelled(math, 'focal', { logits, labels, sampleWeights }, options.ignoreLabel).certain());
  },
};
