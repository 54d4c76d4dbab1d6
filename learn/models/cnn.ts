/** A small convolutional network for small images. */
import type { ModelProto, Value } from '../onnx/index.js';
import { checkSizes } from './check.js';
import { type ClassifierOptions, checkClassifier, classified } from './classifier.js';
import { checkImage, type ImageOptions, imageInput } from './image.js';
import { batchNorm, convolution, globalAveragePool, maxPool } from './layers/index.js';
import { Network } from './network.js';

/** The body of a small convolutional network. */
export interface CnnBodyOptions {
  /** Channels of each convolution. Default `[32, 64, 128]`. */
  readonly widths?: readonly number[];
  /** Batch normalisation after every convolution, which then has no bias. Default false. */
  readonly batchNorm?: boolean;
}

/** A small convolutional network. */
export interface CnnOptions extends ImageOptions, CnnBodyOptions, ClassifierOptions {}

const WIDTHS = [32, 64, 128];

/**
 * 3x3 convolutions with ReLU, each but the last followed by a 2x2 max pooling; the mean of each channel; a linear layer.
 * Input `x` float32 [N, channels, H, W], output `logits` float32 [N, C]. Parameters `conv1.weight`, `conv1.bias`,
 * or `bn1.*` in place of the bias, ..., `fc.weight`, `fc.bias`, drawn as PyTorch's layers draw them.
 * @throws RangeError when an option is not possible
 */
export function cnn(options: CnnOptions): ModelProto {
  checkImage(options);
  checkCnnBody(options);
  checkClassifier(options);
  const network = new Network('cnn', options.seed);
  const features = cnnBody(network, '', imageInput(network, 'x', options), options);
  return classified(network, 'fc', features, options);
}

/** @throws RangeError */
export function checkCnnBody({ widths = WIDTHS }: CnnBodyOptions): void {
  checkSizes('widths of convolutions', widths);
  if (widths.length === 0)
    throw new RangeError('a convolutional network has at least one convolution: widths is empty');
}

/** The network up to the mean of each channel. @param x [N, channels, H, W] @returns [N, last width] */
export function cnnBody(network: Network, prefix: string, x: Value, options: CnnBodyOptions): Value {
  const { widths = WIDTHS, batchNorm: normalised = false } = options;
  let value = x;
  for (const [index, outputs] of widths.entries()) {
    const number = index + 1;
    value = convolution(network, `${prefix}conv${number}`, value, {
      outputs,
      kernel: 3,
      padding: 1,
      bias: !normalised,
    });
    if (normalised) value = batchNorm(network, `${prefix}bn${number}`, value);
    // Before the ReLU, which then has a quarter of the work: the largest of ReLUs is the ReLU of the largest.
    if (number < widths.length) value = maxPool(network, `${prefix}pool${number}`, value, { kernel: 2 });
    value = network.within(`${prefix}conv${number}`, () => network.graph.op('Relu', [value]));
  }
  return network.within(`${prefix}pool`, () => globalAveragePool(network, value));
}
