/** How far predicted and true regions overlap, class by class: what Dice and Tversky losses are made of. */
import { type Arithmetic, isFloat, OnnxError, type Value } from '../onnx/index.js';
import { formatShape } from '../onnx/shape.js';
import { classesOf, labelled } from './labels.js';
import { flag, label, oneOf, positive } from './options.js';
import { type Reduction, reduced, reduction } from './reduction.js';
import { rowsOf } from './rows.js';
import { sameExtents } from './same-extents.js';
import { softmax } from './softmax.js';

/** What regions are compared, and how. */
export interface OverlapOptions {
  /** Whether class 0 counts. Default true. */
  readonly includeBackground?: boolean;
  /** Added to numerator and denominator, above 0, so that a class which is nowhere has a value. Default 1e-5. */
  readonly smoothing?: number;
  /** Regions of all rows together, instead of each row alone: for small structures that most rows do not show. Default false. */
  readonly batch?: boolean;
  /** Places with this label count as not there. Only with labels. */
  readonly ignoreLabel?: number;
  /** `none` gives [N, C], or [C] with `batch`, without the background where it does not count. */
  readonly reduction?: Reduction;
}

export const OVERLAP_CHECKS = {
  includeBackground: flag,
  smoothing: positive,
  batch: flag,
  ignoreLabel: label,
  reduction,
};

/** Whether classes exclude one another, which decides what the target is. */
export const activation = oneOf('softmax', 'sigmoid');

/** Sums over the places of a row, [N, C, 1, ...], or over all rows, [1, C, 1, ...]. */
export interface Overlap {
  /** Of p t. */
  readonly both: Value;
  /** Of p, or p^2. */
  readonly predicted: Value;
  /** Of t, or t^2. */
  readonly truth: Value;
  /** Of rows; `undefined` where all are 1, or already in the sums. [N, 1, ...] */
  readonly weights: Value | undefined;
}

/**
 * @param logits [N, C, ...] with at least one axis of places
 * @param target labels [N, ...], for exclusive classes; or [N, C, ...] of the logits' type, 0 to 1, for regions that may overlap
 */
export function overlapOf(
  math: Arithmetic,
  loss: string,
  logits: Value,
  target: Value,
  options: OverlapOptions & { readonly squared?: boolean },
  sampleWeights: Value | undefined,
): Overlap {
  const classes = classesOf(loss, logits);
  const rank = logits.shape.length;
  if (rank < 3)
    throw new OnnxError(`${loss} takes logits [N, C, ...] with axes of places, not ${formatShape(logits.shape)}`);
  if (options.includeBackground === false && classes < 2)
    throw new OnnxError(`${loss} has nothing to compare: without the background there is no class`);
  const rows = rowsOf(math, logits, sampleWeights, rank);
  const { p, t } = isFloat(target.dtype)
    ? ofRegions(math, loss, rows.clean(logits), rows.clean(target), logits, target, options)
    : ofLabels(math, loss, logits, target, options, sampleWeights);
  const places = Array.from({ length: rank - 2 }, (_, axis) => axis + 2);
  const axes = options.batch ? [0, ...places] : places;
  const weighted = (value: Value): Value => (options.batch && rows.weights ? math.mul(value, rows.weights) : value);
  const total = (value: Value): Value => math.sum(weighted(value), axes, true);
  const power = (value: Value): Value => (options.squared ? math.square(value) : value);
  return {
    both: total(math.mul(p, t)),
    predicted: total(power(p)),
    truth: total(isFloat(target.dtype) ? power(t) : t),
    weights: options.batch ? undefined : rows.weights,
  };
}

/** The losses of classes [N, C, 1, ...] as they are asked for. */
export function reducedClasses(
  math: Arithmetic,
  each: Value,
  weights: Value | undefined,
  { includeBackground = true, batch = false, reduction: how }: OverlapOptions,
): Value {
  const { graph } = math;
  const kept = includeBackground
    ? each
    : graph.op('Slice', [each, math.integers([1]), math.integers([2 ** 31 - 1]), math.integers([1])]);
  const result = reduced(math, kept, weights, how);
  if (how !== 'none') return result;
  const gone = Array.from({ length: each.shape.length - 2 }, (_, axis) => axis + 2);
  return math.squeeze(result, batch ? [0, ...gone] : gone);
}

function ofRegions(
  math: Arithmetic,
  loss: string,
  cleanLogits: Value,
  cleanTarget: Value,
  logits: Value,
  target: Value,
  { ignoreLabel }: OverlapOptions,
) {
  sameExtents(loss, logits, target);
  if (ignoreLabel !== undefined) throw new OnnxError(`${loss}: an ignored label needs labels as the target`);
  return { p: math.sigmoid(cleanLogits), t: cleanTarget };
}

function ofLabels(
  math: Arithmetic,
  loss: string,
  logits: Value,
  labels: Value,
  { ignoreLabel }: OverlapOptions,
  sampleWeights: Value | undefined,
) {
  const rows = labelled(math, loss, { logits, labels, sampleWeights }, ignoreLabel);
  const { powers, sum } = softmax(math, rows.logits);
  const p = math.div(powers, sum);
  const truth = math.where(rows.isClass(), math.cast(rows.isLabel, p.dtype), Number.NaN);
  const { counted } = rows;
  return counted ? { p: math.mul(p, counted), t: math.mul(truth, counted) } : { p, t: truth };
}
