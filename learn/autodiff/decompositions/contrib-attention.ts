/** ONNX Runtime's `MultiHeadAttention` and `Attention` (domain `com.microsoft`), as its optimiser writes them for encoders. */
import type { Value } from '../../onnx/index.js';
import { positionsAlong } from '../positions.js';
import { attend, joinHeads, splitHeads, upToOwnPlace } from './attend.js';
import type { Decomposition, DecompositionCall } from './decomposition.js';

/** Inputs: query, key, value [B, L, hidden], bias [3 hidden], mask of the keys, bias of the scores. */
export const multiHeadAttention: Decomposition = (call) => {
  const { math, inputs, input, wanted, fail } = call;
  if ([0, 1, 2].some((index) => inputs[index]?.shape.length !== 3))
    fail('only queries, keys and values of rank 3, [batch, length, hidden], are supported where a gradient passes');
  if (inputs.slice(6).some((value) => value) || wanted[1] || wanted[2])
    fail('keys and values of earlier runs are not supported where a gradient passes');
  const projected = [input(0), input(1), input(2)] as [Value, Value, Value];
  const bias = inputs[3];
  if (bias) {
    const sizes = projected.map(({ shape }) => shape[2]!);
    if (!sizes.every((size) => typeof size === 'number')) return fail('the number of features must be known');
    const parts = math.graph.ops('Split', [bias, math.integers(sizes)], { axis: 0 }, 3);
    for (const [index, part] of parts.entries()) projected[index] = math.add(projected[index]!, part);
  }
  return [attended(call, projected, inputs[4], inputs[5])];
};

/** Inputs: x [B, S, I], weights [I, 3 hidden], bias [3 hidden], mask of the keys, past, bias of the scores. */
export const contribAttention: Decomposition = (call) => {
  const { math, attributes, inputs, input, wanted, fail } = call;
  if (inputs[4] || inputs[6] || wanted[1])
    fail('keys and values of earlier runs are not supported where a gradient passes');
  if (attributes.number('do_rotary') !== 0) fail('rotary positions are not supported where a gradient passes');
  const all = input(1).shape[1]!;
  const sizes = attributes.numbers('qkv_hidden_sizes') ?? (typeof all === 'number' ? [all / 3, all / 3, all / 3] : []);
  if (sizes.length !== 3) fail('the number of hidden features must be known: give qkv_hidden_sizes');
  const product = math.matmul(input(0), input(1));
  const projected = inputs[2] ? math.add(product, inputs[2]) : product;
  const parts = math.graph.ops('Split', [projected, math.integers(sizes)], { axis: 2 }, 3) as [Value, Value, Value];
  return [attended(call, parts, inputs[3], inputs[5])];
};

function attended(
  call: DecompositionCall,
  projected: readonly [Value, Value, Value],
  mask: Value | undefined,
  scoreBias: Value | undefined,
): Value {
  const { math, attributes, fail } = call;
  const heads = attributes.number('num_heads');
  const [query, key, value] = projected.map((x) => splitHeads(math, x, heads)) as [Value, Value, Value];
  const features = query.shape[3]!;
  const given = attributes.number('scale');
  if (given === 0 && typeof features !== 'number') fail('the number of features must be known: give scale');
  const hidden = attributes.number('mask_filter_value');
  const fill = (seen: Value) => math.where(seen, math.scalar(0, query.dtype), hidden);
  const biases = [
    scoreBias,
    mask && fill(seenKeys(call, mask, key)),
    attributes.number('unidirectional') === 0 ? undefined : fill(upToOwnPlace(math, query, key)),
  ].filter((bias) => bias !== undefined);
  const result = attend(math, {
    query,
    key,
    value,
    scale: given === 0 ? 1 / Math.sqrt(Number(features)) : given,
    bias: biases.length === 0 ? undefined : biases.reduce((a, b) => math.add(a, b)),
  });
  return joinHeads(math, result);
}

/** Whether a key is seen, as it broadcasts to [B, H, S, L]. The mask: [B] lengths, [B, L], or [B, S, L]; not 0 is seen. */
function seenKeys({ math, fail }: DecompositionCall, mask: Value, key: Value): Value {
  const rank = mask.shape.length;
  if (rank === 1) {
    const places = math.cast(positionsAlong(math, key, -2), mask.dtype);
    if (mask.shape[0] !== key.shape[0] && typeof mask.shape[0] === 'number' && typeof key.shape[0] === 'number')
      fail('a mask of starts and ends is not supported: give one of shape [batch, keys]');
    return math.greater(math.unsqueeze(mask, [1, 2, 3]), places);
  }
  const seen = math.not(math.equal(mask, 0));
  if (rank === 2) return math.unsqueeze(seen, [1, 2]);
  return rank === 3 ? math.unsqueeze(seen, [1]) : fail(`a mask of rank ${rank} is not supported`);
}
