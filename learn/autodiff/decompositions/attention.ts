/** ONNX's `Attention` (operator set 23) in primitives. */
import { dtypeOf, type Value } from '../../onnx/index.js';
import { attend, joinHeads, repeatHeads, splitHeads, upToOwnPlace } from './attend.js';
import type { Decomposition, DecompositionCall } from './decomposition.js';

export const attention: Decomposition = (call) => {
  const { math, attributes, inputs, input, wanted, fail } = call;
  const joined = input(0).shape.length === 3;
  const head = (index: number, name: string): Value => {
    const x = input(index);
    return x.shape.length === 4 ? x : splitHeads(math, x, attributes.number(name));
  };
  const query = head(0, 'q_num_heads');
  const key = withPast(call, inputs[4], head(1, 'kv_num_heads'));
  const value = withPast(call, inputs[5], head(2, 'kv_num_heads'));
  const features = query.shape[3]!;
  if (wanted[3]) fail('its fourth output, the scores, is not supported where a gradient passes');
  if (inputs[6]) fail('lengths of padded keys (nonpad_kv_seqlen) are not supported: give a mask instead');
  if (attributes.number('is_causal') !== 0 && inputs[4]) fail('a causal mask with past keys is not supported');
  if (attributes.has('softmax_precision')) {
    const precision = dtypeOf(attributes.number('softmax_precision'), 'its softmax_precision');
    if (precision !== query.dtype) fail(`a Softmax in ${precision} of values in ${query.dtype} is not supported`);
  }
  if (!attributes.has('scale') && typeof features !== 'number')
    fail('the number of features must be known: give scale');
  const times = Number(query.shape[1]) / Number(key.shape[1]);
  if (!Number.isInteger(times)) fail(`${query.shape[1]} heads of queries do not fit ${key.shape[1]} of keys`);
  const result = attend(math, {
    query,
    key: repeatHeads(math, key, times),
    value: repeatHeads(math, value, times),
    scale: attributes.has('scale') ? attributes.number('scale') : 1 / Math.sqrt(Number(features)),
    softcap: attributes.number('softcap'),
    ...mask(call, query, key),
  });
  return [joined ? joinHeads(math, result) : result, key, value];
};

function withPast({ math }: DecompositionCall, past: Value | undefined, present: Value): Value {
  return past ? math.graph.op('Concat', [past, present], { axis: 2 }) : present;
}

function mask({ math, attributes, inputs }: DecompositionCall, query: Value, key: Value) {
  const given = inputs[3];
  const causal = attributes.number('is_causal') !== 0 ? upToOwnPlace(math, query, key) : undefined;
  const hidden = Number.NEGATIVE_INFINITY;
  const zero = () => math.scalar(0, query.dtype);
  if (!given) return causal ? { bias: math.where(causal, zero(), hidden) } : {};
  if (given.dtype === 'bool') {
    const seen = causal ? math.and(given, causal) : given;
    return { bias: math.where(seen, zero(), hidden), mayHideAll: true };
  }
  return { bias: causal ? math.where(causal, given, hidden) : given, mayHideAll: true };
}
