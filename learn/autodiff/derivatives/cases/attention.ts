/** Cases of attention, as one operator and as the primitives that exporters write; some keys hidden, for one query all of them. */

import { bool, int64 } from '../../../onnx/fixtures/run-model.js';
import type { Arithmetic, Value } from '../../../onnx/index.js';
import type { Case, Input } from './case.js';
import { decomposed } from './decomposed.js';

/** [B, H, S, D] and [B, H, L, D]: 2 queries, 4 keys. */
const QUERY: Input = { shape: [3, 2, 2, 3] };
const KEY: Input = { shape: [3, 2, 4, 3] };
const JOINED: Input = { shape: [3, 2, 4] };
const JOINED_KEY: Input = { shape: [3, 3, 4] };

const SEEN = bool([2, 4], [true, false, true, true, false, true, false, false]);
const NONE_SEEN = bool([2, 4], [true, false, true, true, false, false, false, false]);
const LENGTHS = int64([3], [2, 1, 3]);

const contrib = (operator: string, attributes: Record<string, number>, wiring?: readonly (number | undefined)[]) => ({
  operator,
  domain: 'com.microsoft',
  attributes,
  ...(wiring && { wiring }),
});

const attention = (attributes: Record<string, number>, wiring?: readonly (number | undefined)[]) => ({
  operator: 'Attention',
  attributes,
  ...(wiring && { wiring }),
});

/** Attention in primitives, with what a mask makes of the scores and of the weights. */
function inPrimitives(
  what: string,
  constants: NonNullable<Case['constants']>,
  masked: (math: Arithmetic, scores: Value, mask: Value) => Value,
  guarded: (math: Arithmetic, weights: Value) => Value = (_, weights) => weights,
): Case {
  return {
    operator: 'Softmax',
    what: `attention ${what}`,
    inputs: [QUERY, KEY, KEY],
    constants,
    build(graph, [q, k, v, mask], math) {
      const scores = math.mul(math.matmul(q!, math.transpose(k!, [0, 1, 3, 2])), 1 / Math.sqrt(3));
      const weights = graph.op('Softmax', [masked(math, scores, mask!)]);
      return math.matmul(guarded(math, weights), v!);
    },
  };
}

const hide = Number.NEGATIVE_INFINITY;
const added = (math: Arithmetic, scores: Value, mask: Value) =>
  math.add(scores, math.where(mask, math.scalar(0, scores.dtype), hide));
/** What PyTorch's exporter writes for a query that sees no key. */
const zeroForNaN = (math: Arithmetic, weights: Value) => math.where(math.graph.op('IsNaN', [weights]), 0, weights);

export const ATTENTION_CASES: readonly Case[] = [
  decomposed('plain', attention({}), [QUERY, KEY, KEY]),
  decomposed('causal, scaled', attention({ is_causal: 1, scale: 0.7 }), [QUERY, KEY, KEY]),
  decomposed('some keys hidden', attention({}), [QUERY, KEY, KEY], [SEEN]),
  decomposed('all keys of one query hidden', attention({ is_causal: 1 }), [QUERY, KEY, KEY], [NONE_SEEN]),
  decomposed('a mask that is learnt, bounded scores', attention({ softcap: 1.5 }), [
    QUERY,
    KEY,
    KEY,
    { shape: [2, 4] },
  ]),
  decomposed('heads side by side', attention({ q_num_heads: 2, kv_num_heads: 2 }), [JOINED, JOINED_KEY, JOINED_KEY]),
  decomposed('heads that share keys', attention({ q_num_heads: 2, kv_num_heads: 1 }), [
    JOINED,
    { shape: [3, 3, 2] },
    { shape: [3, 3, 2] },
  ]),
  decomposed('with past keys', attention({}, [0, 1, 2, undefined, 3, 4]), [QUERY, KEY, KEY, QUERY, QUERY]),
  decomposed(
    'in ONNX Runtime’s words, keys hidden by lengths',
    contrib('MultiHeadAttention', { num_heads: 2, unidirectional: 1 }, [0, 1, 2, 3, 5, 4]),
    [JOINED, JOINED_KEY, JOINED_KEY, { shape: [12] }, { shape: [1, 2, 2, 3] }],
    [LENGTHS],
  ),
  decomposed(
    'with projections, keys hidden one by one',
    contrib('Attention', { num_heads: 2, scale: 0.6 }),
    [JOINED, { shape: [4, 12] }, { shape: [12] }],
    [int64([3, 2], [1, 0, 1, 1, 0, 1])],
  ),
  inPrimitives('with hidden keys added', [SEEN], added),
  inPrimitives('with hidden keys replaced', [SEEN], (math, scores, mask) => math.where(mask, scores, hide)),
  inPrimitives('with a query that sees nothing', [NONE_SEEN], added, zeroForNaN),
  inPrimitives('with later keys cut off', [], (math, scores) => {
    const ones = math.graph.constant(bool([2, 4], new Array(8).fill(true)));
    return math.where(math.graph.op('Trilu', [ones], { upper: 0 }), scores, hide);
  }),
  {
    operator: 'Softmax',
    what: 'attention of several heads, from one projection',
    inputs: [{ shape: [3, 2, 4] }, { shape: [4, 12] }],
    build(graph, [x, weight], math) {
      const heads = graph.ops('Split', [math.matmul(x!, weight!)], { axis: 2, num_outputs: 3 }, 3).map((part) => {
        return math.transpose(graph.op('Reshape', [part, math.integers([0, 0, 2, 2])]), [0, 2, 1, 3]);
      }) as [Value, Value, Value];
      const [q, k, v] = heads;
      const weights = graph.op('Softmax', [math.matmul(q, math.transpose(k, [0, 1, 3, 2]))]);
      const joined = math.transpose(math.matmul(weights, v), [0, 2, 1, 3]);
      return graph.op('Reshape', [joined, math.integers([0, 0, 4])]);
    },
  },
];
