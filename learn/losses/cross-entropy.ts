/** Softmax cross-entropy, on logits, with the definitions of PyTorch's `torch.nn.CrossEntropyLoss`. */
import { Arithmetic, type GraphBuilder, isFloat, OnnxError, type Value } from '../onnx/index.js';
import { classesOf, type Labelled, labelled, perClass } from './labels.js';
import { type Checks, checkOptions, label, oneOf, share, weights, without } from './options.js';
import { type Reduction, reduced, reduction } from './reduction.js';
import { rowsOf } from './rows.js';
import { type LossRule, labelsOf, likeOutput } from './rule.js';
import { sameExtents } from './same-extents.js';
import { logSoftmax, softmax } from './softmax.js';

/** How classes are weighted, labels smoothed, and rows put together. */
export interface CrossEntropyOptions {
  /** A weight for each class, for instance the inverse of its frequency. All are finite and >= 0, not all 0. */
  readonly classWeights?: readonly number[];
  /** Share of each label that is spread over all classes, 0 to 1. */
  readonly labelSmoothing?: number;
  /** `mean` (the default) divides by the sum of the weights, see {@link crossEntropy}. */
  readonly reduction?: Reduction;
  /** Rows, or places of an image, with this label count as not there. Only with labels. */
  readonly ignoreLabel?: number;
}

const CHECKS: Checks<CrossEntropyOptions> = {
  classWeights: weights,
  labelSmoothing: share,
  ignoreLabel: label,
  reduction,
};

/**
 * The loss of each row is, with its label k, p = softmax(logits), smoothing e, class weights w (1 unless given) and C classes,
 *
 *     l = -(1 - e) w_k log p_k  -  (e / C) sum_c w_c log p_c
 *
 * and `mean` is sum_i s_i l_i / sum_i s_i w_{k_i}, with the rows' weights s (1 unless given): the divisor has the weight of the
 * label only, also when labels are smoothed. If all rows have the weight 0, or are ignored, the mean is NaN and its gradient 0, as in PyTorch.
 * With further axes each place has a label and counts like a row.
 *
 * A floating-point target gives each class a share t_c instead of a label: l = -sum_c w_c ((1 - e) t_c + e / C) log p_c, and the mean
 * divides by sum_i s_i, times the number of places, as in PyTorch.
 *
 * Logits of any size give finite losses. A label outside 0..C-1 gives NaN, never a silent number.
 *
 * @param logits [N, C, ...], floating point
 * @param target labels [N, ...], int64 or int32; or shares [N, C, ...] of the logits' type
 * @param sampleWeights [N], of the logits' type; a padding row has the weight 0, and no part whatever it holds
 * @returns a scalar, or [N, ...] for the reduction `none`
 * @throws OnnxError when shapes, types or options do not fit
 */
export function crossEntropy(
  graph: GraphBuilder,
  logits: Value,
  target: Value,
  options: CrossEntropyOptions = {},
  sampleWeights?: Value,
): Value {
  checkOptions('cross_entropy', CHECKS, options);
  const classes = classesOf('cross-entropy', logits);
  const given = options.classWeights?.length ?? classes;
  if (given !== classes) throw new OnnxError(`${classes} classes need ${classes} class weights, not ${given}`);
  return (isFloat(target.dtype) ? ofShares : ofLabels)(new Arithmetic(graph), logits, target, options, sampleWeights);
}

function ofLabels(
  math: Arithmetic,
  given: Value,
  labels: Value,
  { classWeights, labelSmoothing = 0, ignoreLabel, reduction: how = 'mean' }: CrossEntropyOptions,
  sampleWeights: Value | undefined,
): Value {
  const rows = labelled(math, 'cross-entropy', { logits: given, labels, sampleWeights }, ignoreLabel);
  const { classes, logits, isLabel } = rows;
  const { shifted, sum } = softmax(math, logits);
  const each = classWeights && perClass(math, classWeights, logits);
  const ofLabel = classWeights && weightOfLabel(math, rows, classWeights);

  // sum_c t_c (log sum - shifted_c) with the target t: its sum is 1, or what the weights make of it.
  const on = (weight: number): number => (1 - labelSmoothing) * weight + (labelSmoothing / classes) * weight;
  const off = (weight: number): number => (labelSmoothing / classes) * weight;
  const constant = (of: (weight: number) => number): Value | number =>
    classWeights ? perClass(math, classWeights.map(of), logits) : of(1);
  const parts =
    labelSmoothing === 0
      ? // A masked class, with the logit -inf, must not meet a factor of 0.
        math.where(isLabel, each ? math.mul(shifted, each) : shifted, 0)
      : math.mul(targetOf(math, isLabel, constant(on), constant(off), logits), shifted);
  let logSum = math.log(sum);
  if (ofLabel) {
    const total = classWeights!.reduce((all, weight) => all + weight, 0);
    const mass =
      labelSmoothing === 0
        ? ofLabel
        : math.add(math.mul(ofLabel, 1 - labelSmoothing), (labelSmoothing / classes) * total);
    logSum = math.mul(mass, logSum);
  }
  const loss = math.sub(logSum, math.sum(parts, [1], true));

  if (how !== 'mean') return placed(math, reduced(math, loss, rows.certain(), how), how);
  return math.div(reduced(math, loss, rows.weights, 'sum'), divisorOf(math, rows, ofLabel));
}

/** The sum of the weights of rows, or places, each times that of its label's class. */
function divisorOf(math: Arithmetic, rows: Labelled, ofLabel: Value | undefined): Value {
  return math.sum(ofLabel ? math.mul(ofLabel, rows.certain()) : rows.certain());
}

function weightOfLabel(math: Arithmetic, { isLabel, logits }: Labelled, classWeights: readonly number[]): Value {
  return math.sum(math.where(isLabel, perClass(math, classWeights, logits), 0), [1], true);
}

function targetOf(math: Arithmetic, isLabel: Value, on: Value | number, off: Value | number, like: Value): Value {
  return math.where(isLabel, typeof on === 'number' ? math.scalar(on, like.dtype) : on, off);
}

function ofShares(
  math: Arithmetic,
  logits: Value,
  target: Value,
  { classWeights, labelSmoothing = 0, ignoreLabel, reduction: how = 'mean' }: CrossEntropyOptions,
  sampleWeights: Value | undefined,
): Value {
  if (ignoreLabel !== undefined) throw new OnnxError('an ignored label needs labels, not shares of classes');
  sameExtents('cross-entropy', logits, target);
  const rows = rowsOf(math, logits, sampleWeights, logits.shape.length);
  const classes = classesOf('cross-entropy', logits);
  let shares = rows.clean(target);
  if (labelSmoothing > 0) shares = math.add(math.mul(shares, 1 - labelSmoothing), labelSmoothing / classes);
  if (classWeights) shares = math.mul(shares, perClass(math, classWeights, logits));
  const loss = math.neg(math.sum(math.mul(shares, logSoftmax(math, rows.clean(logits))), [1], true));
  return placed(math, reduced(math, loss, rows.weights, how), how);
}

/** Without the axis of classes where the elements are kept. */
function placed(math: Arithmetic, loss: Value, how: Reduction): Value {
  return how === 'none' ? math.squeeze(loss, [1]) : loss;
}

/** The loss as it is asked for in a training. */
export interface CrossEntropySettings extends Omit<CrossEntropyOptions, 'reduction'> {
  /** What each row is compared with: `labels` (the default), int64 [N, ...], or `shares` of the classes, [N, C, ...]. */
  readonly targets?: 'labels' | 'shares';
}

export const CROSS_ENTROPY: LossRule<CrossEntropySettings> = {
  checks: { ...without(CHECKS, 'reduction'), targets: oneOf('labels', 'shares') },
  link: () => 'softmax',
  target: (output, { targets = 'labels' }) => (targets === 'labels' ? labelsOf(output) : likeOutput(output)),
  emit: (graph, output, target, { targets: _, ...options }, sampleWeights) =>
    crossEntropy(graph, output, target, options, sampleWeights),
  divisor(graph, logits, labels, { classWeights, ignoreLabel }, sampleWeights) {
    if (isFloat(labels.dtype) || (classWeights === undefined && ignoreLabel === undefined)) return undefined;
    const math = new Arithmetic(graph);
    const rows = labelled(math, 'cross-entropy', { logits, labels, sampleWeights }, ignoreLabel);
    return divisorOf(math, rows, classWeights && weightOfLabel(math, rows, classWeights));
  },
};
