/** Binary cross-entropy, on logits, with the definition of PyTorch's `BCEWithLogitsLoss`: for one finding, or several that may come together. */
import { type GraphBuilder, OnnxError, type Value } from '../onnx/index.js';
import { countedElements, ELEMENTWISE_CHECKS, type ElementwiseOptions, elementwise } from './elementwise.js';
import { perClass } from './labels.js';
import { type Checks, checkOptions, perOutput, positive, share, without } from './options.js';
import { type LossRule, likeOutput } from './rule.js';

/** How positives are weighted and targets smoothed. */
export interface BinaryCrossEntropyOptions extends ElementwiseOptions {
  /** Weight of the positives against the negatives, above 0: one for all, or one for each output, the entries of axis 1. */
  readonly positiveWeight?: number | readonly number[];
  /** Share e of each target that is spread over both answers: t becomes t (1 - e) + e / 2. From 0 to 1. */
  readonly labelSmoothing?: number;
}

const CHECKS: Checks<BinaryCrossEntropyOptions> = {
  ...ELEMENTWISE_CHECKS,
  positiveWeight: perOutput(positive),
  labelSmoothing: share,
};

/**
 * -p t log s(x) - (1 - t) log(1 - s(x)) with the sigmoid s, the target t from 0 to 1 and the positive weight p.
 * Finite for logits of any size.
 *
 * @param logits [N, ...]
 * @param target of the logits' type and shape, 0 to 1
 * @param sampleWeights [N]; a row of weight 0 has no part, whatever it holds
 * @returns a scalar; the shape of the logits for the reduction `none`
 * @throws OnnxError when shapes, types or options do not fit
 */
export function binaryCrossEntropy(
  graph: GraphBuilder,
  logits: Value,
  target: Value,
  options: BinaryCrossEntropyOptions = {},
  sampleWeights?: Value,
): Value {
  checkOptions('binary_cross_entropy', CHECKS, options);
  const { labelSmoothing: e = 0, positiveWeight = 1 } = options;
  checkOutputs(logits, positiveWeight);
  return elementwise(
    graph,
    'binary cross-entropy',
    { output: logits, target, sampleWeights },
    options,
    (math, x, t) => {
      const smooth = e === 0 ? t : math.add(math.mul(t, 1 - e), e / 2);
      // Softplus has the right slope, the sigmoid, at 0 too, where formulas with |x| have a kink.
      if (positiveWeight === 1) return math.sub(graph.op('Softplus', [x]), math.mul(x, smooth));
      const weight = typeof positiveWeight === 'number' ? positiveWeight : perClass(math, positiveWeight, logits);
      const missed = math.mul(math.mul(smooth, weight), graph.op('Softplus', [math.neg(x)]));
      return math.add(missed, math.mul(math.sub(1, smooth), graph.op('Softplus', [x])));
    },
  );
}

function checkOutputs({ shape }: Value, weight: number | readonly number[]): void {
  if (typeof weight === 'number' || shape[1] === weight.length) return;
  throw new OnnxError(`${shape[1] ?? 1} outputs need as many positive weights, not ${weight.length}`);
}

export type BinaryCrossEntropySettings = Omit<BinaryCrossEntropyOptions, 'reduction'>;

export const BINARY_CROSS_ENTROPY: LossRule<BinaryCrossEntropySettings> = {
  checks: without(CHECKS, 'reduction'),
  link: () => 'sigmoid',
  target: likeOutput,
  emit: binaryCrossEntropy,
  divisor: countedElements,
};
