/** Self-attention with several heads (Vaswani et al. 2017, section 3.2), as PyTorch's `nn.MultiheadAttention`. */
import { OnnxError, type Value } from '../../onnx/index.js';
import type { Network } from '../network.js';
import { dropout } from './dropout.js';
import { extentOf } from './extent.js';
import { linear } from './linear.js';

/** Of {@link selfAttention}. */
export interface SelfAttentionOptions {
  /** The width is split into so many parts. */
  readonly heads: number;
  /** Tokens of each sequence, T. */
  readonly tokens: number;
  /** Share of the attention weights that training drops. Default 0. */
  readonly dropout?: number;
}

/**
 * softmax(q k^T / sqrt(D / heads)) v within each sequence. `<name>.in_proj_weight` [3 D, D], `.in_proj_bias` [3 D],
 * `.out_proj.weight` [D, D], `.out_proj.bias` [D].
 *
 * @param x [N T, D]: all tokens of all sequences, so that every projection is one matrix product
 * @returns [N T, D]
 */
export function selfAttention(network: Network, name: string, x: Value, options: SelfAttentionOptions): Value {
  const { heads, tokens, dropout: drop = 0 } = options;
  const width = extentOf(x, 1, name);
  if (width % heads !== 0)
    throw new OnnxError(`the layer "${name}": a width of ${width} cannot be split into ${heads} heads of one size`);
  const { graph, math } = network;
  const size = width / heads;
  const weight = network.parameter(`${name}.in_proj_weight`, [3 * width, width], { type: 'xavier_uniform' });
  const bias = network.parameter(`${name}.in_proj_bias`, [3 * width], { type: 'zeros' });
  const mixed = network.within(name, () => {
    const projected = graph.op('Gemm', [x, weight, bias], { transB: 1 });
    const parts = graph.ops('Split', [projected], { axis: 1, num_outputs: 3 }, 3);
    // [N, heads, T, size]; the keys as [N, heads, size, T].
    const [queries, keys, values] = parts.map((part, index) =>
      math.transpose(math.reshape(part, [-1, tokens, heads, size]), index === 1 ? [0, 2, 3, 1] : [0, 2, 1, 3]),
    ) as [Value, Value, Value];
    const scores = math.matmul(math.mul(queries, 1 / Math.sqrt(size)), keys);
    const weights = dropout(network, graph.op('Softmax', [scores], { axis: -1 }), drop);
    return math.reshape(math.transpose(math.matmul(weights, values), [0, 2, 1, 3]), [-1, width]);
  });
  return linear(network, `${name}.out_proj`, mixed, { outputs: width, biases: { type: 'zeros' } });
}
