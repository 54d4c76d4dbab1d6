/** The block of MobileNetV3 (Howard et al. 2019, figure 4), with the names of torchvision. */
import type { Value } from '../../onnx/index.js';
import { ACTIVATIONS, type Activation } from '../activation.js';
import type { Network } from '../network.js';
import { convolution, KAIMING_FAN_OUT } from './convolution.js';
import { extentOf } from './extent.js';
import { batchNorm } from './normalization.js';
import { squeezeExcitation } from './squeeze-excitation.js';

/** Of {@link invertedResidual}. */
export interface InvertedResidualOptions {
  /** Of the convolution within each channel: 3 or 5. */
  readonly kernel: number;
  /** Channels in the middle of the block. */
  readonly expanded: number;
  /** Channels that come out. */
  readonly outputs: number;
  /** Whether the channels are weighed. */
  readonly squeeze: boolean;
  readonly activation: Activation;
  readonly stride: number;
}

/** Of {@link convolutionNorm}. */
export interface ConvolutionNormOptions {
  readonly outputs: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly groups?: number;
  /** None: the result stays as it is. */
  readonly activation?: Activation;
}

/** A convolution without bias (`<name>.0`), batch normalisation (`<name>.1`), activation. @param x [N, C, H, W] */
export function convolutionNorm(network: Network, name: string, x: Value, options: ConvolutionNormOptions): Value {
  const { outputs, kernel, stride = 1, groups = 1, activation } = options;
  const padding = (kernel - 1) / 2;
  const weights = KAIMING_FAN_OUT;
  const settings = { outputs, kernel, stride, groups, padding, weights, bias: false };
  const convolved = convolution(network, `${name}.0`, x, settings);
  // The numbers of the paper's own implementation: a share of 0.01, and 0.001 under the root.
  const normed = batchNorm(network, `${name}.1`, convolved, { epsilon: 0.001, momentum: 0.01 });
  return activation ? network.within(name, () => ACTIVATIONS[activation](network.math, normed)) : normed;
}

/** Expansion by 1x1, convolution within each channel, squeeze, projection by 1x1. `<name>.block.<i>.*`. @param x [N, C, H, W] */
export function invertedResidual(network: Network, name: string, x: Value, options: InvertedResidualOptions): Value {
  const { kernel, expanded, outputs, squeeze, activation, stride } = options;
  const channels = extentOf(x, 1, name);
  let layer = 0;
  const next = () => `${name}.block.${layer++}`;
  let value = x;
  if (expanded !== channels)
    value = convolutionNorm(network, next(), value, { outputs: expanded, kernel: 1, activation });
  value = convolutionNorm(network, next(), value, { outputs: expanded, kernel, stride, groups: expanded, activation });
  if (squeeze) {
    const squeezed = toMultipleOfEight(expanded / 4);
    value = squeezeExcitation(network, next(), value, { squeezed, gate: 'hard', weights: KAIMING_FAN_OUT });
  }
  value = convolutionNorm(network, next(), value, { outputs, kernel: 1 });
  return stride === 1 && channels === outputs ? network.within(name, () => network.math.add(x, value)) : value;
}

/** The nearest multiple of 8 that is not more than a tenth below. */
function toMultipleOfEight(width: number): number {
  const rounded = Math.max(8, Math.floor((width + 4) / 8) * 8);
  return rounded < 0.9 * width ? rounded + 8 : rounded;
}
