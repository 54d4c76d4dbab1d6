/** A classifier of sequences, texts or tables by attention. */
import type { ModelProto, Value } from '../onnx/index.js';
import type { Activation } from './activation.js';
import { checkActivation, checkChoice, checkDropout, checkSizes } from './check.js';
import { type ClassifierOptions, checkClassifier, classified } from './classifier.js';
import { dropout, embedding, layerNorm, linear, transformerBlock } from './layers/index.js';
import { Network } from './network.js';

/** What the tokens are made from. */
export type TokenSource =
  /** Input float32 [N, length, features]: vectors in an order, such as vital signs by the hour. All sequences have one length. */
  | { readonly type: 'sequence'; readonly length: number; readonly features: number }
  /** Input int64 [N, length]: numbers of words or codes, each below `vocabulary`. */
  | { readonly type: 'tokens'; readonly length: number; readonly vocabulary: number }
  /** Input float32 [N, features]: every column of a table is a token (Gorishniy et al. 2021, section 3.3). */
  | { readonly type: 'table'; readonly features: number };

/** The body of an encoder. */
export interface TransformerBodyOptions {
  readonly input: TokenSource;
  /** Length of a token's vector, D. Default 64. */
  readonly width?: number;
  /** Parts that the width is split into; it must be a multiple. Default 4. */
  readonly heads?: number;
  /** Number of layers. Default 2. */
  readonly layers?: number;
  /** Width within each layer's feed-forward part. Default four times the width. */
  readonly feedForward?: number;
  /** Of the feed-forward part. Default `relu`. */
  readonly activation?: Activation;
  /** Normalise before attention and feed-forward, not after the sums. Default false. */
  readonly normFirst?: boolean;
  /** Share that training drops: of the tokens' elements, of the attention weights and within each layer. Default 0. */
  readonly dropout?: number;
}

/** A classifier by attention. */
export interface TransformerEncoderOptions extends TransformerBodyOptions, ClassifierOptions {}

/** As in BERT (Devlin et al. 2019, its published code). */
const SMALL = { type: 'normal', standardDeviation: 0.02 } as const;

const DEFAULTS = { width: 64, heads: 4, layers: 2, activation: 'relu', normFirst: false, dropout: 0 } as const;

/**
 * Tokens, layers of self-attention, the mean over the tokens, a linear layer. Input `x` as the option `input` says, output `logits`
 * float32 [N, C]. Parameters: `embedding.*` and `position.weight` [T, D] for sequences, `tokens.weight` and `tokens.bias` [F, D] for tables;
 * `layers.<i>.*` as in PyTorch's `nn.TransformerEncoder`; `norm.*` where normalisation comes first; `head.weight`, `head.bias`.
 * @throws RangeError when an option is not possible
 */
export function transformerEncoder(options: TransformerEncoderOptions): ModelProto {
  checkTransformerBody(options);
  checkClassifier(options);
  const network = new Network('transformer', options.seed);
  const features = transformerBody(network, '', tokenInput(network, 'x', options.input), options);
  return classified(network, 'head', features, { ...options, dropout: 0 });
}

/** @throws RangeError */
export function checkTransformerBody(options: TransformerBodyOptions): void {
  const { input, width, heads, layers, activation, dropout: share } = { ...DEFAULTS, ...options };
  checkChoice('input of type', input.type, ['sequence', 'tokens', 'table']);
  const { type: _, ...extents } = input;
  const { feedForward = 4 * width } = options;
  checkSizes('width, heads, layers, feedForward and the extents of the input', [
    width,
    heads,
    layers,
    feedForward,
    ...Object.values(extents),
  ]);
  if (width % heads !== 0)
    throw new RangeError(`the width is a multiple of the number of heads, and ${width} is none of ${heads}`);
  checkActivation(activation);
  checkDropout(share);
}

/** The input that the source describes. */
export function tokenInput(network: Network, name: string, source: TokenSource): Value {
  switch (source.type) {
    case 'sequence':
      return network.input(name, ['N', source.length, source.features]);
    case 'tokens':
      return network.graph.input(name, 'int64', ['N', source.length]);
    case 'table':
      return network.input(name, ['N', source.features]);
  }
}

/** The network up to the mean over the tokens. @param x as {@link TokenSource} says @returns [N, D] */
export function transformerBody(network: Network, prefix: string, x: Value, options: TransformerBodyOptions): Value {
  const { input, width, layers, normFirst, dropout: share, ...rest } = { ...DEFAULTS, ...options };
  const { feedForward = 4 * width } = options;
  const { math, graph } = network;
  const tokens = input.type === 'table' ? input.features : input.length;
  const embedded = tokensOf(network, prefix, x, input, width);
  // All tokens of all sequences below one another: what follows are products of matrices, attention apart.
  let value = network.within(`${prefix}embedding`, () => dropout(network, math.reshape(embedded, [-1, width]), share));
  for (let layer = 0; layer < layers; layer++) {
    const settings = { ...rest, tokens, feedForward, normFirst, dropout: share };
    value = transformerBlock(network, `${prefix}layers.${layer}`, value, settings);
  }
  if (normFirst) value = layerNorm(network, `${prefix}norm`, value);
  return network.within(`${prefix}pool`, () => {
    const sequences = math.reshape(value, [-1, tokens, width]);
    return graph.op('ReduceMean', [sequences, math.integers([1])], { keepdims: 0 });
  });
}

/** [N, T, D] */
function tokensOf(network: Network, prefix: string, x: Value, source: TokenSource, width: number): Value {
  const { math } = network;
  if (source.type === 'table') {
    const bound = 1 / Math.sqrt(width);
    const first = { type: 'uniform', low: -bound, high: bound } as const;
    const weight = network.parameter(`${prefix}tokens.weight`, [source.features, width], first);
    const bias = network.parameter(`${prefix}tokens.bias`, [source.features, width], first);
    return network.within(`${prefix}tokens`, () => math.add(math.mul(math.unsqueeze(x, [2]), weight), bias));
  }
  const { length } = source;
  let vectors: Value;
  if (source.type === 'tokens') {
    vectors = embedding(network, `${prefix}embedding`, x, { entries: source.vocabulary, width, weights: SMALL });
  } else {
    const flat = network.within(`${prefix}embedding`, () => math.reshape(x, [-1, source.features]));
    const projected = linear(network, `${prefix}embedding`, flat, { outputs: width });
    vectors = network.within(`${prefix}embedding`, () => math.reshape(projected, [-1, length, width]));
  }
  const position = network.parameter(`${prefix}position.weight`, [length, width], SMALL);
  return network.within(`${prefix}position`, () => math.add(vectors, position));
}
