/** One layer of an encoder (Vaswani et al. 2017, section 3.1), as PyTorch's `nn.TransformerEncoderLayer`. */
import type { Value } from '../../onnx/index.js';
import { ACTIVATIONS, type Activation } from '../activation.js';
import type { Network } from '../network.js';
import { type SelfAttentionOptions, selfAttention } from './attention.js';
import { dropout } from './dropout.js';
import { extentOf } from './extent.js';
import { linear } from './linear.js';
import { layerNorm } from './normalization.js';

/** Of {@link transformerBlock}. */
export interface TransformerBlockOptions extends SelfAttentionOptions {
  /** Width between the two linear layers. */
  readonly feedForward: number;
  /** Default `relu`. */
  readonly activation?: Activation;
  /** Normalise before attention and feed-forward, not after the sums. Default false. */
  readonly normFirst?: boolean;
}

/** `<name>.self_attn.*`, `.linear1.*`, `.linear2.*`, `.norm1.*`, `.norm2.*`. @param x [N T, D] @returns [N T, D] */
export function transformerBlock(network: Network, name: string, x: Value, options: TransformerBlockOptions): Value {
  const { feedForward, activation = 'relu', normFirst = false, dropout: drop = 0 } = options;
  const { math } = network;
  const width = extentOf(x, 1, name);
  const attend = (value: Value) =>
    network.within(`${name}.dropout1`, () =>
      dropout(network, selfAttention(network, `${name}.self_attn`, value, options), drop),
    );
  const feed = (value: Value) => {
    const hidden = linear(network, `${name}.linear1`, value, { outputs: feedForward });
    const active = network.within(name, () => dropout(network, ACTIVATIONS[activation](math, hidden), drop));
    const output = linear(network, `${name}.linear2`, active, { outputs: width });
    return network.within(`${name}.dropout2`, () => dropout(network, output, drop));
  };
  const norm = (number: 1 | 2, value: Value) => layerNorm(network, `${name}.norm${number}`, value);
  const add = (a: Value, b: Value) => network.within(name, () => math.add(a, b));
  if (normFirst) {
    const attended = add(x, attend(norm(1, x)));
    return add(attended, feed(norm(2, attended)));
  }
  const attended = norm(1, add(x, attend(x)));
  return norm(2, add(attended, feed(attended)));
}
