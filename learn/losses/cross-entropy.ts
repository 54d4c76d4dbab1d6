/** Softmax cross-entropy, on logits, with the definitions of PyTorch's `torch.nn.CrossEntropyLoss`. */
import { Arithmetic, type GraphBuilder, isFloat, OnnxError, type Value } from '../onnx/index.js';

export type Reduction = 'mean' | 'sum' | 'none';

/** How classes are weighted, labels smoothed, and rows put together. */
export interface CrossEntropyOptions {
  /** A weight for each class, for instance the inverse of its frequency. All are finite and >= 0, not all 0. */
  readonly classWeights?: readonly number[];
  /** Share of each label that is spread over all classes, 0 to 1. */
  readonly labelSmoothing?: number;
  /** `mean` (the default) divides by the sum of the weights, see {@link crossEntropy}. */
  readonly reduction?: Reduction;
  /** Rows with this label count as not there. */
  readonly ignoreLabel?: number;
}

/**
 * The loss of each row is, with its label k, p = softmax(logits), smoothing e, class weights w (1 unless given) and C classes,
 *
 *     l = -(1 - e) w_k log p_k  -  (e / C) sum_c w_c log p_c
 *
 * and `mean` is sum_i s_i l_i / sum_i s_i w_{k_i}, with the rows' weights s (1 unless given): the divisor has the weight of the
 * label only, also when labels are smoothed. If all rows have the weight 0 the mean is NaN, as in PyTorch.
 *
 * Written in primitives that every provider has (LogSoftmax falls back to the CPU under WebGPU), with the largest logit
 * taken out before the exponential, so that logits of any size give finite losses. A label outside 0..C-1 gives NaN, never a silent number.
 *
 * @param logits [N, C], floating point
 * @param labels [N], int64 or int32
 * @param sampleWeights [N], of the logits' type; a padding row has the weight 0
 * @returns a scalar, or [N] for the reduction `none`
 * @throws OnnxError when shapes, types or options do not fit
 */
export function crossEntropy(
  graph: GraphBuilder,
  logits: Value,
  labels: Value,
  options: CrossEntropyOptions = {},
  sampleWeights?: Value,
): Value {
  const math = new Arithmetic(graph);
  const classes = checked(logits, labels, options, sampleWeights);
  const { dtype } = logits;
  const smoothing = options.labelSmoothing ?? 0;
  const label = math.cast(labels, 'int32');

  // The row's classes as numbers, to compare with: gathering by label would need kernels that WebGPU lacks.
  const numbers = graph.constant({
    dtype: 'int32',
    shape: [classes],
    data: Int32Array.from({ length: classes }, (_, k) => k),
  });
  const isLabel = math.cast(math.equal(math.unsqueeze(label, [1]), numbers), dtype);
  const classWeights = options.classWeights && weightsOf(graph, math, options.classWeights, logits);
  const hit = classWeights ? math.mul(isLabel, classWeights) : isLabel;

  const logProbability = logSoftmax(math, logits);
  const target =
    smoothing === 0 ? hit : math.add(math.mul(hit, 1 - smoothing), spread(math, smoothing / classes, classWeights));
  const loss = math.neg(math.sum(math.mul(target, logProbability), [1]));

  const valid = math.and(math.greater(label, -1), math.less(label, classes));
  const certain = math.where(valid, loss, Number.NaN);
  const rowWeights = weightOfRows(math, label, logits, options.ignoreLabel, sampleWeights);
  // Where, not Mul: the NaN of a row that is ignored must not spread.
  const weighted = rowWeights ? math.where(math.equal(rowWeights, 0), 0, math.mul(certain, rowWeights)) : certain;
  if (options.reduction === 'none') return weighted;
  const total = math.sum(weighted);
  if (options.reduction === 'sum') return total;
  return math.div(total, divisor(math, hit, classWeights, rowWeights, logits));
}

/** log softmax over the classes. The largest logit is a constant to differentiation: it cancels, so its path would add only rounding. */
function logSoftmax(math: Arithmetic, logits: Value): Value {
  const shifted = math.sub(logits, math.maximum(logits, [1], true, { stopGradient: true }));
  return math.sub(shifted, math.log(math.sum(math.exp(shifted), [1], true)));
}

/** The part of the target that smoothing gives to every class, whatever the label. */
function spread(math: Arithmetic, share: number, classWeights: Value | undefined): Value | number {
  return classWeights ? math.mul(classWeights, share) : share;
}

function weightOfRows(
  math: Arithmetic,
  label: Value,
  logits: Value,
  ignoreLabel: number | undefined,
  sampleWeights: Value | undefined,
): Value | undefined {
  if (ignoreLabel === undefined) return sampleWeights;
  const counted = math.cast(math.not(math.equal(label, ignoreLabel)), logits.dtype);
  return sampleWeights ? math.mul(counted, sampleWeights) : counted;
}

function divisor(
  math: Arithmetic,
  hit: Value,
  classWeights: Value | undefined,
  rowWeights: Value | undefined,
  logits: Value,
): Value {
  if (classWeights) {
    const weightOfLabel = math.sum(hit, [1]);
    return math.sum(rowWeights ? math.mul(weightOfLabel, rowWeights) : weightOfLabel);
  }
  if (rowWeights) return math.sum(rowWeights);
  return math.cast(math.squeeze(math.extentOf(logits, 0), [0]), logits.dtype);
}

function weightsOf(graph: GraphBuilder, math: Arithmetic, weights: readonly number[], logits: Value): Value {
  if (logits.dtype === 'float64') {
    return graph.constant({ dtype: 'float64', shape: [weights.length], data: Float64Array.from(weights) });
  }
  const single = graph.constant({ dtype: 'float32', shape: [weights.length], data: Float32Array.from(weights) });
  return math.cast(single, logits.dtype);
}

/** @returns the number of classes */
function checked(logits: Value, labels: Value, options: CrossEntropyOptions, sampleWeights: Value | undefined): number {
  const classes = logits.shape[1];
  if (!isFloat(logits.dtype) || logits.shape.length !== 2 || typeof classes !== 'number') {
    throw new OnnxError(
      `cross-entropy takes logits [N, C] with a known number of classes; "${logits.name}" is ${logits.dtype}[${logits.shape.join(', ')}]`,
    );
  }
  if ((labels.dtype !== 'int64' && labels.dtype !== 'int32') || labels.shape.length !== 1) {
    throw new OnnxError(
      `cross-entropy takes labels [N] of type int64; "${labels.name}" is ${labels.dtype}[${labels.shape.join(', ')}]`,
    );
  }
  if (sampleWeights && (sampleWeights.dtype !== logits.dtype || sampleWeights.shape.length !== 1)) {
    throw new OnnxError(
      `the rows' weights must be ${logits.dtype}[N], not ${sampleWeights.dtype}[${sampleWeights.shape.join(', ')}]`,
    );
  }
  const { classWeights, labelSmoothing = 0 } = options;
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
    throw new OnnxError(`label smoothing is from 0 to 1, not ${labelSmoothing}`);
  if (classWeights && classWeights.length !== classes) {
    throw new OnnxError(`${classes} classes need ${classes} class weights, not ${classWeights.length}`);
  }
  if (
    classWeights?.some((weight) => !(weight >= 0 && Number.isFinite(weight))) ||
    classWeights?.every((weight) => weight === 0)
  ) {
    throw new OnnxError(`class weights are finite, >= 0 and not all 0, unlike [${classWeights.join(', ')}]`);
  }
  return classes;
}
