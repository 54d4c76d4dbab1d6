/** Losses of pairs that a network scores or embeds side by side, with PyTorch's definitions. */
import { Arithmetic, type GraphBuilder, OnnxError, type Value } from '../onnx/index.js';
import { formatShape } from '../onnx/shape.js';
import { type Check, type Checks, checkOptions, finite, without } from './options.js';
import { type Reduction, reduced, reduction } from './reduction.js';
import { rowsOf } from './rows.js';
import { type LossRule, onePerRow } from './rule.js';
import { sameExtents } from './same-extents.js';

/** How alike unlike pairs may be, and how pairs are put together. */
export interface CosineEmbeddingOptions {
  /** Cosine up to which unlike pairs cost nothing, -1 to 1. Default 0. */
  readonly margin?: number;
  readonly reduction?: Reduction;
}

/** How clear an order must be, and how pairs are put together. */
export interface MarginRankingOptions {
  /** By how much the score that is to be larger must exceed the other. Default 0. */
  readonly margin?: number;
  readonly reduction?: Reduction;
}

const cosine: Check = (name, value) =>
  typeof value === 'number' && value >= -1 && value <= 1 ? undefined : `${name} is from -1 to 1, not ${String(value)}`;
const COSINE_CHECKS: Checks<CosineEmbeddingOptions> = { margin: cosine, reduction };
const MARGIN_CHECKS: Checks<MarginRankingOptions> = { margin: finite, reduction };

/** PyTorch's: keeps the norm of a zero vector, and its slope, finite. */
const LEAST_SQUARED_NORM = 1e-12;

/**
 * 1 - cos(a, b) for like pairs, max(0, cos(a, b) - margin) for unlike ones: `torch.nn.CosineEmbeddingLoss`.
 *
 * @param first [N, D]
 * @param second [N, D]
 * @param likeness [N] of their type: 1 for like, -1 for unlike
 * @param sampleWeights [N]; a row of weight 0 has no part, whatever it holds
 * @returns a scalar, or [N] for the reduction `none`
 * @throws OnnxError when shapes, types or options do not fit
 */
export function cosineEmbedding(
  graph: GraphBuilder,
  first: Value,
  second: Value,
  likeness: Value,
  options: CosineEmbeddingOptions = {},
  sampleWeights?: Value,
): Value {
  checkOptions('cosine_embedding', COSINE_CHECKS, options);
  sameExtents('cosine embedding', first, second);
  checkRank('cosine embedding', first, 2);
  checkRank('cosine embedding', likeness, 1);
  const math = new Arithmetic(graph);
  const rows = rowsOf(math, first, sampleWeights, 1);
  const [a, b] = [rows.clean(first), rows.clean(second)];
  const norm = (x: Value): Value => math.sqrt(math.add(math.sum(math.square(x), [1]), LEAST_SQUARED_NORM));
  // Two roots, not one of the product, which is too large long before they are.
  const similarity = math.div(math.sum(math.mul(a, b), [1]), math.mul(norm(a), norm(b)));
  const unlike = graph.op('Relu', [math.sub(similarity, options.margin ?? 0)]);
  const each = math.where(math.greater(rows.clean(likeness), 0), math.sub(1, similarity), unlike);
  return reduced(math, each, rows.weights, options.reduction);
}

/**
 * max(0, margin - y (a - b)): `torch.nn.MarginRankingLoss`.
 *
 * @param first [N]
 * @param second [N]
 * @param order [N] of their type: 1 where the first is to be larger, -1 where the second is
 * @param sampleWeights [N]; a row of weight 0 has no part, whatever it holds
 * @returns a scalar, or [N] for the reduction `none`
 * @throws OnnxError when shapes, types or options do not fit
 */
export function marginRanking(
  graph: GraphBuilder,
  first: Value,
  second: Value,
  order: Value,
  options: MarginRankingOptions = {},
  sampleWeights?: Value,
): Value {
  checkOptions('margin_ranking', MARGIN_CHECKS, options);
  sameExtents('margin ranking', first, second);
  sameExtents('margin ranking', first, order);
  checkRank('margin ranking', first, 1);
  const math = new Arithmetic(graph);
  const rows = rowsOf(math, first, sampleWeights, 1);
  const lead = math.mul(rows.clean(order), math.sub(rows.clean(first), rows.clean(second)));
  const each = graph.op('Relu', [math.sub(options.margin ?? 0, lead)]);
  return reduced(math, each, rows.weights, options.reduction);
}

function checkRank(loss: string, { name, shape }: Value, rank: number): void {
  if (shape.length === rank) return;
  throw new OnnxError(`${loss} takes ${rank === 1 ? '[N]' : '[N, D]'} there, not "${name}" ${formatShape(shape)}`);
}

/** The two halves of an output [N, 2, ...]. */
function halves(graph: GraphBuilder, loss: string, output: Value, rank: number): [Value, Value] {
  if (output.shape.length !== rank || output.shape[1] !== 2) {
    const expected = rank === 2 ? '[N, 2]' : '[N, 2, D]';
    throw new OnnxError(`${loss} takes pairs ${expected}, not "${output.name}" ${formatShape(output.shape)}`);
  }
  const math = new Arithmetic(graph);
  const [first, second] = graph.ops('Split', [output], { axis: 1, num_outputs: 2 }, 2);
  return [math.squeeze(first!, [1]), math.squeeze(second!, [1])];
}

export type CosineEmbeddingSettings = Omit<CosineEmbeddingOptions, 'reduction'>;
export type MarginRankingSettings = Omit<MarginRankingOptions, 'reduction'>;

/** The network gives two embeddings a row, [N, 2, D]. */
export const COSINE_EMBEDDING: LossRule<CosineEmbeddingSettings> = {
  checks: without(COSINE_CHECKS, 'reduction'),
  link: () => 'identity',
  target: onePerRow,
  emit: (graph, output, target, options, sampleWeights) => {
    const [first, second] = halves(graph, 'cosine embedding', output, 3);
    return cosineEmbedding(graph, first, second, target, options, sampleWeights);
  },
};

/** The network gives two scores a row, [N, 2]. */
export const MARGIN_RANKING: LossRule<MarginRankingSettings> = {
  checks: without(MARGIN_CHECKS, 'reduction'),
  link: () => 'identity',
  target: onePerRow,
  emit: (graph, output, target, options, sampleWeights) => {
    const [first, second] = halves(graph, 'margin ranking', output, 2);
    return marginRanking(graph, first, second, target, options, sampleWeights);
  },
};
