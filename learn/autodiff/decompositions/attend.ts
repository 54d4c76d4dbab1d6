/** Scaled dot-product attention (Vaswani et al. 2017, section 3.2.1) in primitives, free of NaN whatever is masked. */
import type { Arithmetic, Value } from '../../onnx/index.js';
import { positionsAlong } from '../positions.js';

/** B rows, H heads, S queries and L keys of D features each. */
export interface AttentionOperands {
  /** [B, H, S, D] */
  readonly query: Value;
  /** [B, H, L, D] */
  readonly key: Value;
  /** [B, H, L, D'] */
  readonly value: Value;
  /** 1 / sqrt(D) unless told. */
  readonly scale: number;
  /** Bounds the scores: c tanh(scores / c). 0: no bound. */
  readonly softcap?: number;
  /** What is added to the scores, as it broadcasts to [B, H, S, L]; negative infinity where a key is hidden. */
  readonly bias?: Value | undefined;
  /** Whether the bias may hide all keys from a query. Such a query gets zeros, and no gradient passes it. */
  readonly mayHideAll?: boolean;
}

/** [B, H, S, D'] */
export function attend(math: Arithmetic, operands: AttentionOperands): Value {
  const { query, key, value, scale, softcap = 0, bias, mayHideAll = false } = operands;
  const products = math.matmul(math.mul(query, scale), math.transpose(key, [0, 1, 3, 2]));
  const scores = softcap === 0 ? products : math.mul(math.tanh(math.div(products, softcap)), softcap);
  const weigh = (added: Value | undefined) =>
    math.matmul(math.graph.op('Softmax', [added ? math.add(scores, added) : scores]), value);
  if (!bias || !mayHideAll) return weigh(bias);
  // Among minus infinities alone Softmax is 0 / 0, and NaN times a gradient of 0 is NaN again: such a query sees all keys
  // instead, and its result is dropped.
  const sees = math.greater(math.maximum(bias, [-1], true), Number.NEGATIVE_INFINITY);
  return math.where(sees, weigh(math.where(sees, bias, 0)), 0);
}

/** Whether each query may see each key: those up to its own place. bool [S, L] */
export function upToOwnPlace(math: Arithmetic, query: Value, key: Value): Value {
  const own = math.unsqueeze(positionsAlong(math, query, -2), [1]);
  const other = math.unsqueeze(positionsAlong(math, key, -2), [0]);
  return math.not(math.less(own, other));
}

/** [B, L, H D] to [B, H, L, D]. */
export function splitHeads(math: Arithmetic, x: Value, heads: number): Value {
  const split = math.graph.op('Reshape', [x, math.integers([0, 0, heads, -1])]);
  return math.transpose(split, [0, 2, 1, 3]);
}

/** [B, H, L, D] to [B, L, H D]. */
export function joinHeads(math: Arithmetic, x: Value): Value {
  return math.graph.op('Reshape', [math.transpose(x, [0, 2, 1, 3]), math.integers([0, 0, -1])]);
}

/** Each of the heads so many times, one after the other: [B, H, L, D] to [B, H times, L, D]. */
export function repeatHeads(math: Arithmetic, x: Value, times: number): Value {
  if (times === 1) return x;
  const { graph } = math;
  const repeated = graph.op('Expand', [math.unsqueeze(x, [2]), math.integers([1, 1, times, 1, 1])]);
  const [batch, length, width] = [0, 2, 3].map((axis) => math.extentOf(x, axis));
  const heads = math.integers([Number(x.shape[1]) * times]);
  return graph.op('Reshape', [repeated, graph.op('Concat', [batch, heads, length, width], { axis: 0 })]);
}
