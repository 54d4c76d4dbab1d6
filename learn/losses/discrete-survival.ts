/** Survival in intervals: the network gives each interval's risk (Gensheimer and Narasimhan, "A scalable discrete-time survival model", PeerJ 2019). */
import { Arithmetic, type GraphBuilder, OnnxError, type Value } from '../onnx/index.js';
import { formatShape } from '../onnx/shape.js';
import { perClass } from './labels.js';
import { type Checks, checkOptions, growing, without } from './options.js';
import { type Reduction, reduced, reduction } from './reduction.js';
import { rowsOf } from './rows.js';
import { columns, type LossRule } from './rule.js';
import { survivalTarget } from './survival-target.js';

/** The intervals, and how rows are put together. */
export interface DiscreteSurvivalOptions {
  /** Ends of the intervals, in the unit of the times: interval k is from entry k to below entry k + 1. For T intervals T + 1 numbers. */
  readonly boundaries: readonly number[];
  /** `mean` (the default) is that of the rows. */
  readonly reduction?: Reduction;
}

const CHECKS: Checks<DiscreteSurvivalOptions> = { boundaries: growing, reduction };

/** Before all times. */
const EARLIEST = -1e30;

/**
 * The negative log likelihood of what was seen: with the hazards h = sigmoid(logits),
 *
 *     -sum_{k survived} log(1 - h_k)  -  log h_e,  e being the interval of the event
 *
 * An interval counts as survived when its end was reached, in a censored row when its middle was (section "Loss function" of the paper). An event
 * before the first boundary belongs to the first interval, one after the last to none. Finite for logits of any size.
 *
 * @param logits [N, T], one for each interval
 * @param target [N, 2], time and event (1, or 0 for censored), of the logits' type
 * @param sampleWeights [N]; a row of weight 0 has no part, whatever it holds
 * @returns a scalar, or [N] for the reduction `none`
 * @throws OnnxError when shapes, types or options do not fit
 */
export function discreteSurvival(
  graph: GraphBuilder,
  logits: Value,
  target: Value,
  options: DiscreteSurvivalOptions,
  sampleWeights?: Value,
): Value {
  checkOptions('discrete_survival', CHECKS, options);
  const { boundaries, reduction: how } = options;
  checkIntervals(logits, boundaries);
  const math = new Arithmetic(graph);
  const rows = rowsOf(math, logits, sampleWeights, 2);
  const { time, event, certain } = survivalTarget(math, 'discrete survival', { output: logits, target, rows });
  const starts = boundaries.slice(0, -1);
  const ends = boundaries.slice(1);
  const middles = starts.map((start, k) => start + (ends[k]! - start) / 2);
  const list = (values: readonly number[]): Value => perClass(math, values, logits);

  const hadEvent = math.greater(event, 0);
  const survived = graph.op('GreaterOrEqual', [time, math.where(hadEvent, list(ends), list(middles))]);
  const began = graph.op('GreaterOrEqual', [time, list([EARLIEST, ...starts.slice(1)])]);
  const failed = math.and(math.and(hadEvent, began), math.not(survived));
  const seen = math.where(failed, 1, math.cast(survived, logits.dtype));
  const x = rows.clean(logits);
  const each = math.mul(seen, graph.op('Softplus', [math.where(failed, math.neg(x), x)]));
  const loss = reduced(math, certain(math.sum(each, [1], true)), rows.weights, how);
  return how === 'none' ? math.squeeze(loss, [1]) : loss;
}

function checkIntervals({ name, shape }: Value, boundaries: readonly number[]): void {
  const fault = growing('boundaries', boundaries);
  if (fault) throw new OnnxError(`the loss discrete_survival: ${fault}`);
  if (shape.length === 2 && shape[1] === boundaries.length - 1) return;
  throw new OnnxError(
    `${boundaries.length} boundaries make ${boundaries.length - 1} intervals, which need logits [N, ${boundaries.length - 1}], not "${name}" ${formatShape(shape)}`,
  );
}

export type DiscreteSurvivalSettings = Omit<DiscreteSurvivalOptions, 'reduction'>;

export const DISCRETE_SURVIVAL: LossRule<DiscreteSurvivalSettings> = {
  checks: without(CHECKS, 'reduction'),
  link: () => 'hazard',
  target: columns(2),
  emit: discreteSurvival,
};
