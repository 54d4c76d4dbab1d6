/** Losses of the order of scores within a batch: a smooth stand-in for the AUC, and for the concordance of survival models. */
import { Arithmetic, type GraphBuilder, type Value } from '../onnx/index.js';
import { type Check, type Checks, checkOptions, notNegative, oneOf, without } from './options.js';
import { orOne } from './reduction.js';
import { type Rows, rowsOf } from './rows.js';
import { columns, type LossRule, likeOutput } from './rule.js';
import { sameExtents } from './same-extents.js';
import { across, scoreColumn, survivalTarget } from './survival-target.js';

/** What a pair costs, and how pairs are put together. */
export interface RankingOptions {
  /**
   * What a pair costs whose larger one leads by d: `logistic` (the default), log(1 + exp(-d)) (Burges et al., "Learning to Rank using Gradient
   * Descent", ICML 2005), or `hinge`, max(0, margin - d).
   */
  readonly surrogate?: 'logistic' | 'hinge';
  /** Lead from which a pair costs nothing, >= 0; of the hinge. Default 1. */
  readonly margin?: number;
  /** `mean` (the default) is that of the pairs, each with the product of its rows' weights. */
  readonly reduction?: 'mean' | 'sum';
}

const reduction: Check = oneOf('mean', 'sum');
const CHECKS: Checks<RankingOptions> = { surrogate: oneOf('logistic', 'hinge'), margin: notNegative, reduction };

/**
 * Every row should score above every row with a smaller target: with targets 0 and 1 the share of pairs in the wrong order, smoothed, which is 1 - AUC.
 * [N, N] values. Without such a pair the loss is 0, and its gradient too.
 *
 * @param scores [N] or [N, 1]
 * @param target of their type and shape
 * @param sampleWeights [N]; a row of weight 0 has no part, whatever it holds
 * @returns a scalar
 * @throws OnnxError when shapes, types or options do not fit
 */
export function pairwiseRanking(
  graph: GraphBuilder,
  scores: Value,
  target: Value,
  options: RankingOptions = {},
  sampleWeights?: Value,
): Value {
  checkOptions('pairwise_ranking', CHECKS, options);
  sameExtents('pairwise ranking', scores, target);
  const math = new Arithmetic(graph);
  const rows = rowsOf(math, scores, sampleWeights, 2);
  const column = scoreColumn(math, 'pairwise ranking', scores, rows);
  const relevance = scoreColumn(math, 'pairwise ranking', target, rows);
  const above = math.greater(relevance, across(math, relevance));
  return meanOfPairs(math, column, above, rows, options);
}

/**
 * Who had the event should score above everybody who was seen longer, or as long without an event: the pairs of Harrell's concordance (Raykar et al., "On
 * Ranking in Survival Analysis", NIPS 2007). [N, N] values. Without such a pair the loss is 0, and its gradient too.
 *
 * @param risks [N] or [N, 1]: the larger, the earlier the event
 * @param target [N, 2], time and event (1, or 0 for censored), of the scores' type
 * @param sampleWeights [N]; a row of weight 0 has no part, whatever it holds
 * @returns a scalar
 * @throws OnnxError when shapes, types or options do not fit
 */
export function survivalRanking(
  graph: GraphBuilder,
  risks: Value,
  target: Value,
  options: RankingOptions = {},
  sampleWeights?: Value,
): Value {
  checkOptions('survival_ranking', CHECKS, options);
  const math = new Arithmetic(graph);
  const rows = rowsOf(math, risks, sampleWeights, 2);
  const column = scoreColumn(math, 'survival ranking', risks, rows);
  const { time, event, certain } = survivalTarget(math, 'survival ranking', { output: risks, target, rows });
  const [otherTime, otherEvent] = [across(math, time), across(math, event)];
  // Of two at the same time the censored one was seen longer: with an event the other is not above it.
  const longer = graph.op('GreaterOrEqual', [otherTime, time]);
  const tiedEvents = math.and(math.equal(otherTime, time), math.greater(otherEvent, 0));
  const above = math.and(math.and(longer, math.not(tiedEvents)), math.greater(event, 0));
  return meanOfPairs(math, certain(column), above, rows, options);
}

/** @param above whether row i should score above row j. bool [N, N] */
function meanOfPairs(
  math: Arithmetic,
  scores: Value,
  above: Value,
  { weights }: Rows,
  { surrogate = 'logistic', margin = 1, reduction: how = 'mean' }: RankingOptions,
): Value {
  const lead = math.sub(scores, across(math, scores));
  const each =
    surrogate === 'logistic'
      ? math.graph.op('Softplus', [math.neg(lead)])
      : math.graph.op('Relu', [math.sub(margin, lead)]);
  let pairs = math.cast(above, scores.dtype);
  if (weights) pairs = math.mul(pairs, math.mul(weights, across(math, weights)));
  const total = math.sum(math.mul(each, pairs));
  return how === 'sum' ? total : math.div(total, orOne(math, math.sum(pairs)));
}

export type RankingSettings = Omit<RankingOptions, 'reduction'>;

export const PAIRWISE_RANKING: LossRule<RankingSettings> = {
  checks: without(CHECKS, 'reduction'),
  link: () => 'identity',
  target: likeOutput,
  emit: pairwiseRanking,
};

export const SURVIVAL_RANKING: LossRule<RankingSettings> = {
  checks: without(CHECKS, 'reduction'),
  link: () => 'identity',
  target: columns(2),
  emit: survivalRanking,
};
