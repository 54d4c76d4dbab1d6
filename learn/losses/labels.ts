/** Labels [N, ...] beside logits [N, C, ...], in primitives: gathering by label would need kernels that WebGPU lacks. */
import { type Arithmetic, isFloat, OnnxError, type Value, type ValueType } from '../onnx/index.js';
import { formatShape } from '../onnx/shape.js';
import { rowsOf } from './rows.js';

/** Logits and labels with all that does not count taken out. */
export interface Labelled {
  readonly classes: number;
  readonly logits: Value;
  /** Whether the class is the label's. bool [N, C, ...] */
  readonly isLabel: Value;
  /** Weights of rows, 0 where the label is ignored. [N, 1, ...]; `undefined` where all are 1. */
  readonly weights: Value | undefined;
  /** 0 where the label is ignored, else 1. [N, 1, ...]; `undefined` where none can be. */
  readonly counted: Value | undefined;
  /** Whether the label is the number of a class. bool [N, 1, ...] */
  isClass(): Value;
  /** The weights, and NaN where the label is no class. [N, 1, ...] with all extents of the labels */
  certain(): Value;
}

/**
 * @param labels int64 or int32 [N, ...]
 * @param ignoreLabel what has this label counts as not there
 * @throws OnnxError when shapes or types do not fit
 */
export function labelled(
  math: Arithmetic,
  loss: string,
  given: { readonly logits: Value; readonly labels: Value; readonly sampleWeights: Value | undefined },
  ignoreLabel: number | undefined,
): Labelled {
  const { logits, labels, sampleWeights } = given;
  const classes = classesOf(loss, logits);
  checkLabels(loss, logits, labels);
  const rank = logits.shape.length;
  const rows = rowsOf(math, logits, sampleWeights, rank);
  const column = math.unsqueeze(math.cast(labels, 'int32'), [1]);
  const [live, label] = [rows.clean(logits), rows.clean(column)];
  const kept =
    ignoreLabel === undefined ? { live, label, counted: undefined } : withoutIgnored(math, live, label, ignoreLabel);
  const weights = kept.counted && rows.weights ? math.mul(kept.counted, rows.weights) : (kept.counted ?? rows.weights);
  const isClass = (): Value => math.and(math.greater(kept.label, -1), math.less(kept.label, classes));
  return {
    classes,
    logits: kept.live,
    isLabel: math.equal(kept.label, classNumbers(math, classes, rank)),
    weights,
    counted: kept.counted,
    isClass,
    certain: () => math.where(isClass(), weights ?? math.scalar(1, logits.dtype), Number.NaN),
  };
}

/** A number for each class, of the type of `like`, along axis 1 of `rank` axes. */
export function perClass(math: Arithmetic, values: readonly number[], like: ValueType): Value {
  const shape = [values.length, ...like.shape.slice(2).map(() => 1)];
  if (like.dtype === 'float64')
    return math.graph.constant({ dtype: 'float64', shape, data: Float64Array.from(values) });
  return math.cast(math.graph.constant({ dtype: 'float32', shape, data: Float32Array.from(values) }), like.dtype);
}

/** The known number of classes, the extent of axis 1. @throws OnnxError */
export function classesOf(loss: string, { dtype, shape, ...logits }: Value): number {
  const classes = shape[1];
  if (isFloat(dtype) && shape.length >= 2 && typeof classes === 'number') return classes;
  throw new OnnxError(
    `${loss} takes logits [N, C, ...] with a known number of classes; "${logits.name}" is ${dtype}${formatShape(shape)}`,
  );
}

function withoutIgnored(math: Arithmetic, live: Value, label: Value, ignoreLabel: number) {
  const ignored = math.equal(label, ignoreLabel);
  return {
    live: math.where(ignored, 0, live),
    label: math.where(ignored, 0, label),
    counted: math.cast(math.not(ignored), live.dtype),
  };
}

function classNumbers(math: Arithmetic, classes: number, rank: number): Value {
  const shape = [classes, ...new Array<number>(rank - 2).fill(1)];
  return math.graph.constant({ dtype: 'int32', shape, data: Int32Array.from({ length: classes }, (_, k) => k) });
}

function checkLabels(loss: string, logits: Value, labels: Value): void {
  const expected = [logits.shape[0]!, ...logits.shape.slice(2)];
  const { dtype, shape } = labels;
  const fits =
    shape.length === expected.length &&
    shape.every((dim, axis) => typeof dim === 'string' || typeof expected[axis] === 'string' || dim === expected[axis]);
  if (fits && (dtype === 'int64' || dtype === 'int32')) return;
  throw new OnnxError(
    `${loss} takes labels of type int64 and shape ${formatShape(expected)}; "${labels.name}" is ${dtype}${formatShape(shape)}`,
  );
}
