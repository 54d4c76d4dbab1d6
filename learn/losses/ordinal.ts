/** Ordinal loss for grades, where one off is better than three off (Cao, Mirjalili and Raschka, "Rank consistent ordinal regression", 2020). */
import { Arithmetic, type GraphBuilder, OnnxError, type Value } from '../onnx/index.js';
import { formatShape } from '../onnx/shape.js';
import { type Checks, checkOptions, without } from './options.js';
import { type Reduction, reduced, reduction } from './reduction.js';
import { rowsOf } from './rows.js';
import { type LossRule, labelsOf } from './rule.js';

/** How rows are put together. */
export interface OrdinalOptions {
  readonly reduction?: Reduction;
}

const CHECKS: Checks<OrdinalOptions> = { reduction };

/**
 * The binary cross-entropies of "the grade is above k" for k = 0..K-2, summed over k (equation 4 of the paper, weights 1). The mean is that of
 * the rows. The paper's network gives all thresholds one score with a bias each; here any K - 1 logits will do.
 *
 * @param logits [N, K - 1] for K grades
 * @param grades [N], int64 or int32, 0..K-1; another one gives NaN
 * @param sampleWeights [N]; a row of weight 0 has no part, whatever it holds
 * @returns a scalar, or [N] for the reduction `none`
 * @throws OnnxError when shapes, types or options do not fit
 */
export function ordinal(
  graph: GraphBuilder,
  logits: Value,
  grades: Value,
  options: OrdinalOptions = {},
  sampleWeights?: Value,
): Value {
  checkOptions('ordinal', CHECKS, options);
  const thresholds = checked(logits, grades);
  const math = new Arithmetic(graph);
  const rows = rowsOf(math, logits, sampleWeights, 2);
  const grade = rows.clean(math.unsqueeze(math.cast(grades, 'int32'), [1]));
  const data = Int32Array.from({ length: thresholds }, (_, k) => k);
  const above = math.greater(grade, graph.constant({ dtype: 'int32', shape: [thresholds], data }));
  const x = rows.clean(logits);
  const each = math.sub(graph.op('Softplus', [x]), math.where(above, x, 0));
  const isGrade = math.and(math.greater(grade, -1), math.less(grade, thresholds + 1));
  const loss = math.where(isGrade, math.sum(each, [1], true), Number.NaN);
  const total = reduced(math, loss, rows.weights, options.reduction);
  return options.reduction === 'none' ? math.squeeze(total, [1]) : total;
}

function checked(logits: Value, grades: Value): number {
  const thresholds = logits.shape[1];
  if (logits.shape.length === 2 && typeof thresholds === 'number' && grades.shape.length === 1) {
    if (grades.dtype === 'int64' || grades.dtype === 'int32') return thresholds;
  }
  throw new OnnxError(
    `ordinal takes logits [N, K - 1] and whole grades [N], not ${formatShape(logits.shape)} and ${grades.dtype}${formatShape(grades.shape)}`,
  );
}

export type OrdinalSettings = Omit<OrdinalOptions, 'reduction'>;

export const ORDINAL: LossRule<OrdinalSettings> = {
  checks: without(CHECKS, 'reduction'),
  link: () => 'cumulative',
  target: labelsOf,
  emit: ordinal,
};
