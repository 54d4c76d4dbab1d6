/** Squeeze and excitation (Hu, Shen, Sun 2018): weighs the channels of an image by what all of it looks like. */
import type { InitializationSettings } from '../../initialization/index.js';
import type { Value } from '../../onnx/index.js';
import { ACTIVATIONS, type Activation } from '../activation.js';
import type { Network } from '../network.js';
import { convolution } from './convolution.js';
import { extentOf } from './extent.js';

/** Of {@link squeezeExcitation}. */
export interface SqueezeExcitationOptions {
  /** Channels between the two layers. */
  readonly squeezed: number;
  /** After the first layer. Default `relu`. */
  readonly activation?: Activation;
  /** After the second, into [0, 1]. `hard` is relu6(z + 3) / 6 (Howard et al. 2019, section 5.2). Default `sigmoid`. */
  readonly gate?: 'sigmoid' | 'hard';
  /** First values of both weights. Default: PyTorch's of a convolution. */
  readonly weights?: InitializationSettings;
}

/** `<name>.fc1.*` and `<name>.fc2.*`, convolutions of one pixel as in torchvision. @param x [N, C, ...spatial] */
export function squeezeExcitation(network: Network, name: string, x: Value, options: SqueezeExcitationOptions): Value {
  const { squeezed, activation = 'relu', gate = 'sigmoid', weights } = options;
  const { graph, math } = network;
  const first = weights ? { kernel: 1, weights, biases: { type: 'zeros' } as const } : { kernel: 1 };
  const pooled = network.within(name, () => graph.op('GlobalAveragePool', [x]));
  const narrow = convolution(network, `${name}.fc1`, pooled, { ...first, outputs: squeezed });
  const active = network.within(name, () => ACTIVATIONS[activation](math, narrow));
  const wide = convolution(network, `${name}.fc2`, active, { ...first, outputs: extentOf(x, 1, name) });
  return network.within(name, () => {
    const scale = gate === 'hard' ? graph.op('HardSigmoid', [wide], { alpha: 1 / 6, beta: 0.5 }) : math.sigmoid(wide);
    return math.mul(x, scale);
  });
}
