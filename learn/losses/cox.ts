/** Cox's partial likelihood, for time-to-event outcomes with censoring (Cox 1972; as a network's loss: Katzman et al., "DeepSurv", 2018). */
import { Arithmetic, type GraphBuilder, type Value } from '../onnx/index.js';
import { type Checks, checkOptions, flag, oneOf, without } from './options.js';
import { orOne, type Reduction, reduction } from './reduction.js';
import { rowsOf } from './rows.js';
import { columns, type LossRule } from './rule.js';
import { across, type SurvivalTarget, scoreColumn, survivalTarget } from './survival-target.js';

/** How ties are treated, who is compared with whom, and how events are put together. */
export interface CoxOptions {
  /** What is done with events at the same time: `efron` (the default, as in R), the more exact, or `breslow`. */
  readonly ties?: 'efron' | 'breslow';
  /** The target has a third column, and only rows of the same stratum, a hospital for instance, are compared. */
  readonly strata?: boolean;
  /** `mean` (the default) divides by the weights of the events; `sum` is the negative log likelihood as R gives it. */
  readonly reduction?: Reduction;
}

const CHECKS: Checks<CoxOptions> = { ties: oneOf('efron', 'breslow'), strata: flag, reduction };

/** A logit this low is nothing beside any other, and differences of it are still finite. */
const NOTHING = -1e30;

/**
 * The negative log partial likelihood of the rows with an event. With R_i, those who were seen as long as i or longer, rows' weights w, and x
 * the log hazards, Breslow's (1974) term is
 *
 *     w_i (log sum_{j in R_i} w_j exp(x_j) - x_i)
 *
 * Efron (1977) takes the l-th of d events at the same time (l = 0..d-1) with the share 1 - l/d of these events left in the sum, and the mean of
 * their weights before the logarithm. Both are those of R's `coxph`, but that rows of weight 0 are no events.
 *
 * Every pair of rows is compared: [N, N] values, fit for batches of a few thousand rows. No sorting, exact ties (times are compared as float32),
 * finite for log hazards of any size. Without an event the loss is 0, and its gradient too. A likelihood within a batch compares the
 * rows of the batch only: large batches lie nearer to the likelihood of all rows.
 *
 * @param logHazards [N] or [N, 1]: the larger, the earlier the event
 * @param target [N, 2], time and event (1, or 0 for censored), or [N, 3] with the number of the stratum, of the output's type
 * @param sampleWeights [N]; a row of weight 0 has no part, whatever it holds
 * @returns a scalar, or [N] for the reduction `none`, 0 for censored rows
 * @throws OnnxError when shapes, types or options do not fit
 */
export function coxPartialLikelihood(
  graph: GraphBuilder,
  logHazards: Value,
  target: Value,
  options: CoxOptions = {},
  sampleWeights?: Value,
): Value {
  checkOptions('cox', CHECKS, options);
  const { ties = 'efron', strata = false, reduction: how = 'mean' } = options;
  const math = new Arithmetic(graph);
  const rows = rowsOf(math, logHazards, sampleWeights, 2);
  const x = scoreColumn(math, 'cox', logHazards, rows);
  const seen = survivalTarget(math, 'cox', { output: logHazards, target, rows, strata });
  const { weights } = rows;
  const tied = ties === 'efron' ? tiedEvents(math, seen, weights) : undefined;

  const present = atRisk(math, seen, weights);
  const others = math.where(present, across(math, x), NOTHING);
  const largest = math.maximum(others, [1], true, { stopGradient: true });
  const powers = math.exp(math.sub(others, largest));
  const shares = tied?.shares ?? (weights && across(math, weights));
  let sum = math.sum(shares ? math.mul(powers, shares) : powers, [1], true);
  // Where all rows have the weight 0 nobody is at risk: the logarithm must not see the 0.
  if (weights) sum = math.where(math.greater(seen.event, 0), sum, 1);

  // The largest less the own log hazard: their difference keeps the digits that their sums with a logarithm would lose.
  const own = math.add(math.log(sum), math.sub(largest, x));
  const ownWeight = weights ? math.mul(seen.event, weights) : seen.event;
  let term = math.mul(ownWeight, own);
  if (weights && tied) {
    const meanWeight = math.mul(seen.event, tied.meanWeight!);
    term = math.add(math.mul(meanWeight, own), math.mul(math.sub(meanWeight, ownWeight), x));
  }
  const each = seen.certain(term);
  if (how === 'none') return math.squeeze(each, [1]);
  const total = math.sum(each);
  return how === 'sum' ? total : math.div(total, orOne(math, math.sum(ownWeight)));
}

/** Whether row j was at risk when row i was last seen. bool [N, N] */
function atRisk(math: Arithmetic, { time, stratum }: SurvivalTarget, weights: Value | undefined): Value {
  const later = math.graph.op('GreaterOrEqual', [across(math, time), time]);
  const inStratum = stratum ? math.and(later, math.equal(across(math, stratum), stratum)) : later;
  return weights ? math.and(inStratum, math.greater(across(math, weights), 0)) : inStratum;
}

/** For Efron's terms: with which share row j is in the sum of row i, and the mean weight of the events at the time of row i. */
function tiedEvents(math: Arithmetic, { time, event, stratum }: SurvivalTarget, weights: Value | undefined) {
  const { graph } = math;
  let same = math.and(math.equal(across(math, time), time), math.greater(across(math, event), 0));
  if (stratum) same = math.and(same, math.equal(across(math, stratum), stratum));
  const tied = math.cast(same, time.dtype);

  // Which of them is the first makes no difference; here it is the order of the rows.
  const place = graph.op('CumSum', [math.onesLike(time), math.scalar(0, 'int64')]);
  const earlier = math.mul(tied, math.cast(math.less(across(math, place), place), time.dtype));

  const count = graph.op('Clip', [math.sum(tied, [1], true), math.scalar(1, time.dtype)]);
  const left = math.sub(1, math.mul(tied, math.div(math.sum(earlier, [1], true), count)));
  if (!weights) return { shares: left, meanWeight: undefined };
  const meanWeight = math.div(math.sum(math.mul(tied, across(math, weights)), [1], true), count);
  return { shares: math.mul(left, across(math, weights)), meanWeight };
}

export type CoxSettings = Omit<CoxOptions, 'reduction'>;

export const COX: LossRule<CoxSettings> = {
  checks: without(CHECKS, 'reduction'),
  link: () => 'identity',
  target: (output, { strata = false }) => columns(strata ? 3 : 2)(output),
  emit: coxPartialLikelihood,
};
