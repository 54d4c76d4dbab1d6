/** Kullback-Leibler divergence of the network's distribution from a given one: for soft labels of several readers, and for distillation. */
import { Arithmetic, type GraphBuilder, type Value } from '../onnx/index.js';
import { classesOf } from './labels.js';
import { type Checks, checkOptions, flag, without } from './options.js';
import { type Reduction, reduced, reduction } from './reduction.js';
import { rowsOf } from './rows.js';
import { type LossRule, likeOutput } from './rule.js';
import { sameExtents } from './same-extents.js';
import { logSoftmax } from './softmax.js';

/** How the target is given, and how rows are put together. */
export interface KlDivergenceOptions {
  /** The target holds logarithms of probabilities. */
  readonly logTarget?: boolean;
  /** `mean` (the default) is that of the rows: PyTorch's `batchmean`, the one that is the divergence. */
  readonly reduction?: Reduction;
}

const CHECKS: Checks<KlDivergenceOptions> = { logTarget: flag, reduction };

/**
 * sum_c t_c (log t_c - log p_c) with p = softmax(logits): PyTorch's `kl_div` of the log softmax. A class with t_c = 0 gives 0.
 *
 * @param logits [N, C, ...]
 * @param target probabilities, or their logarithms, of the logits' type and shape
 * @param sampleWeights [N]; a row of weight 0 has no part, whatever it holds
 * @returns a scalar, or [N, ...] for the reduction `none`
 * @throws OnnxError when shapes, types or options do not fit
 */
export function klDivergence(
  graph: GraphBuilder,
  logits: Value,
  target: Value,
  options: KlDivergenceOptions = {},
  sampleWeights?: Value,
): Value {
  checkOptions('kl_divergence', CHECKS, options);
  classesOf('kl-divergence', logits);
  sameExtents('kl-divergence', logits, target);
  const { logTarget = false, reduction: how } = options;
  const math = new Arithmetic(graph);
  const rows = rowsOf(math, logits, sampleWeights, logits.shape.length);
  const given = rows.clean(target);
  const shares = logTarget ? math.exp(given) : given;
  const present = math.greater(shares, 0);
  const logShares = logTarget ? given : math.log(math.where(present, shares, 1));
  const difference = math.sub(logShares, logSoftmax(math, rows.clean(logits)));
  // Where, not only Mul: the logarithm of 0 is infinite, and 0 times it no number.
  const each = math.mul(shares, math.where(present, difference, 0));
  const loss = reduced(math, math.sum(each, [1], true), rows.weights, how);
  return how === 'none' ? math.squeeze(loss, [1]) : loss;
}

export type KlDivergenceSettings = Omit<KlDivergenceOptions, 'reduction'>;

export const KL_DIVERGENCE: LossRule<KlDivergenceSettings> = {
  checks: without(CHECKS, 'reduction'),
  link: () => 'softmax',
  target: likeOutput,
  emit: klDivergence,
};
