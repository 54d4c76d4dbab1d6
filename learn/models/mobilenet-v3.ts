/** MobileNetV3 (Howard et al. 2019, tables 1 and 2), with the names, first values and strides of torchvision. */
import type { ModelProto, Value } from '../onnx/index.js';
import type { Activation } from './activation.js';
import { checkChoice } from './check.js';
import { type ClassifierOptions, checkClassifier } from './classifier.js';
import { checkImage, type ImageOptions, imageInput } from './image.js';
import { dropout, globalAveragePool, linear } from './layers/index.js';
import { convolutionNorm, type InvertedResidualOptions, invertedResidual } from './layers/inverted-residual.js';
import { Network } from './network.js';

/** The body of a MobileNetV3. */
export interface MobilenetV3BodyOptions {
  /** Default `small`. */
  readonly variant?: 'small' | 'large';
}

/** A MobileNetV3. Its dropout is 0.2 unless given. */
export interface MobilenetV3Options extends ImageOptions, MobilenetV3BodyOptions, ClassifierOptions {}

type Row = readonly [
  kernel: number,
  expanded: number,
  outputs: number,
  squeeze: boolean,
  activation: Activation,
  stride: number,
];

const RE = 'relu';
const HS = 'hard_swish';

const VARIANTS: Readonly<Record<string, { readonly blocks: readonly Row[]; readonly hidden: number }>> = {
  small: {
    hidden: 1024,
    blocks: [
      [3, 16, 16, true, RE, 2],
      [3, 72, 24, false, RE, 2],
      [3, 88, 24, false, RE, 1],
      [5, 96, 40, true, HS, 2],
      [5, 240, 40, true, HS, 1],
      [5, 240, 40, true, HS, 1],
      [5, 120, 48, true, HS, 1],
      [5, 144, 48, true, HS, 1],
      [5, 288, 96, true, HS, 2],
      [5, 576, 96, true, HS, 1],
      [5, 576, 96, true, HS, 1],
    ],
  },
  large: {
    hidden: 1280,
    blocks: [
      [3, 16, 16, false, RE, 1],
      [3, 64, 24, false, RE, 2],
      [3, 72, 24, false, RE, 1],
      [5, 72, 40, true, RE, 2],
      [5, 120, 40, true, RE, 1],
      [5, 120, 40, true, RE, 1],
      [3, 240, 80, false, HS, 2],
      [3, 200, 80, false, HS, 1],
      [3, 184, 80, false, HS, 1],
      [3, 184, 80, false, HS, 1],
      [3, 480, 112, true, HS, 1],
      [3, 672, 112, true, HS, 1],
      [5, 672, 160, true, HS, 2],
      [5, 960, 160, true, HS, 1],
      [5, 960, 160, true, HS, 1],
    ],
  },
};

/** Channels of the first convolution. */
const FIRST_WIDTH = 16;

/**
 * Input `x` float32 [N, channels, H, W], output `logits` float32 [N, C]. Parameters as in torchvision: `features.0.0.weight`,
 * `features.1.block.0.0.weight`, ..., `classifier.0.*`, `classifier.3.*`; so its weights fit.
 * @throws RangeError when an option is not possible
 */
export function mobilenetV3(options: MobilenetV3Options): ModelProto {
  const { variant = 'small', classes, dropout: share = 0.2, seed } = options;
  checkImage(options);
  checkMobilenetV3Body(options);
  checkClassifier(options);
  const network = new Network(`mobilenet_v3_${variant}`, seed);
  const features = mobilenetV3Body(network, '', imageInput(network, 'x', options), options);
  const last = { weights: { type: 'normal', standardDeviation: 0.01 }, biases: { type: 'zeros' } } as const;
  const { hidden } = VARIANTS[variant]!;
  const wide = linear(network, 'classifier.0', features, { ...last, outputs: hidden });
  const kept = network.within('classifier', () => dropout(network, network.graph.op('HardSwish', [wide]), share));
  return network.finish(linear(network, 'classifier.3', kept, { ...last, outputs: classes, result: 'logits' }));
}

/** @throws RangeError */
export function checkMobilenetV3Body({ variant = 'small' }: MobilenetV3BodyOptions): void {
  checkChoice('variant', variant, Object.keys(VARIANTS));
}

/** The network up to the mean of each channel. @param x [N, channels, H, W] @returns [N, 576], of the large one [N, 960] */
export function mobilenetV3Body(network: Network, prefix: string, x: Value, options: MobilenetV3BodyOptions): Value {
  const { blocks } = VARIANTS[options.variant ?? 'small']!;
  const name = (layer: number) => `${prefix}features.${layer}`;
  const first = { outputs: FIRST_WIDTH, kernel: 3, stride: 2, activation: HS } as const;
  let value = convolutionNorm(network, name(0), x, first);
  for (const [index, row] of blocks.entries())
    value = invertedResidual(network, name(index + 1), value, optionsOf(row));
  // Six times the channels of the last block.
  const outputs = 6 * blocks.at(-1)![2];
  value = convolutionNorm(network, name(blocks.length + 1), value, { outputs, kernel: 1, activation: HS });
  return network.within(`${prefix}avgpool`, () => globalAveragePool(network, value));
}

function optionsOf([kernel, expanded, outputs, squeeze, activation, stride]: Row): InvertedResidualOptions {
  return { kernel, expanded, outputs, squeeze, activation, stride };
}
