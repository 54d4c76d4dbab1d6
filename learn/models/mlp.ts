/** A multilayer perceptron for classification. */
import type { ModelProto, Value } from '../onnx/index.js';
import { ACTIVATIONS, type Activation } from './activation.js';
import { checkActivation, checkDropout, checkSizes } from './check.js';
import { dropout as dropoutLayer } from './layers/dropout.js';
import { linear } from './layers/linear.js';
import { Network } from './network.js';

/** Widths, dropout and seed of a multi-layer perceptron. */
export interface MlpOptions {
  /** Number of input features, F. */
  readonly features: number;
  /** Width of each hidden layer; none gives a logistic regression. */
  readonly hidden: readonly number[];
  /** Number of classes, C, at least 2. */
  readonly classes: number;
  /** After every hidden layer. Default `relu`. */
  readonly activation?: Activation;
  /** Share of each hidden layer's outputs that training drops, 0 (the default) to below 1. */
  readonly dropout?: number;
  /** Of the initial weights; a whole number >= 0. */
  readonly seed: number;
}

/**
 * Input `x` float32 [N, F], output `logits` float32 [N, C]. Layer i has `layer<i>.weight` [out, in] and `layer<i>.bias` [out],
 * drawn as PyTorch's `nn.Linear` draws them.
 * @throws RangeError when a width, the number of classes, the dropout or the activation is not possible
 */
export function mlp(options: MlpOptions): ModelProto {
  const { features, hidden, classes, seed } = options;
  checkHidden(options);
  if (!Number.isSafeInteger(classes) || classes < 2)
    throw new RangeError(`a classifier has at least 2 classes, not ${classes}`);
  const network = new Network('mlp', seed);
  const body = hiddenLayers(network, '', network.input('x', ['N', features]), options);
  return network.finish(linear(network, `layer${hidden.length}`, body, { outputs: classes, result: 'logits' }));
}

export type HiddenOptions = Pick<MlpOptions, 'features' | 'hidden' | 'activation' | 'dropout'>;

/** The hidden layers alone: `<prefix>layer0.*`, ... @param x [N, F] @returns [N, width of the last] */
export function hiddenLayers(network: Network, prefix: string, x: Value, options: HiddenOptions): Value {
  const { hidden, activation = 'relu', dropout = 0 } = options;
  return hidden.reduce((input, outputs, index) => {
    const name = `${prefix}layer${index}`;
    const sums = linear(network, name, input, { outputs });
    return network.within(name, () => dropoutLayer(network, ACTIVATIONS[activation](network.math, sums), dropout));
  }, x);
}

/** @throws RangeError when a width, the dropout or the activation is not possible */
export function checkHidden({ features, hidden, activation = 'relu', dropout = 0 }: HiddenOptions): void {
  checkSizes('features and widths of layers', [features, ...hidden]);
  checkDropout(dropout);
  checkActivation(activation);
}
