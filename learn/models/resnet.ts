/** Residual networks (He et al. 2016, table 1), with the names, first values and strides of torchvision. */
import type { ModelProto, Value } from '../onnx/index.js';
import { checkChoice } from './check.js';
import { type ClassifierOptions, checkClassifier, classified } from './classifier.js';
import { checkImage, type ImageOptions, imageInput } from './image.js';
import {
  batchNorm,
  convolution,
  globalAveragePool,
  KAIMING_FAN_OUT,
  maxPool,
  type ResidualKind,
  residualBlock,
} from './layers/index.js';
import { Network } from './network.js';

/** The body of a residual network. */
export interface ResnetBodyOptions {
  /** Layers with weights. Default 18. */
  readonly depth?: 18 | 34 | 50;
  /**
   * How it begins. `7x7` (the default): a 7x7 convolution of stride 2 and a max pooling, a quarter of the size, for images
   * from about 100 pixels. `3x3`: one 3x3 convolution at full size, for small images.
   */
  readonly stem?: '7x7' | '3x3';
}

/** A residual network. */
export interface ResnetOptions extends ImageOptions, ResnetBodyOptions, ClassifierOptions {}

/** Kind of block, and how many in each of the four stages. */
const DEPTHS: Readonly<Record<number, { readonly kind: ResidualKind; readonly blocks: readonly number[] }>> = {
  18: { kind: 'basic', blocks: [2, 2, 2, 2] },
  34: { kind: 'basic', blocks: [3, 4, 6, 3] },
  50: { kind: 'bottleneck', blocks: [3, 4, 6, 3] },
};

const STEMS = { '7x7': { kernel: 7, stride: 2 }, '3x3': { kernel: 3, stride: 1 } } as const;

/** Channels of the first stage; each further one has twice as many. */
const FIRST_WIDTH = 64;

/**
 * Input `x` float32 [N, channels, H, W], output `logits` float32 [N, C]. Parameters as in torchvision: `conv1.weight`, `bn1.weight`,
 * `layer1.0.conv1.weight`, ..., `fc.weight`, `fc.bias`; so its weights fit.
 * @throws RangeError when an option is not possible
 */
export function resnet(options: ResnetOptions): ModelProto {
  checkImage(options);
  checkResnetBody(options);
  checkClassifier(options);
  const network = new Network(`resnet${options.depth ?? 18}`, options.seed);
  const features = resnetBody(network, '', imageInput(network, 'x', options), options);
  return classified(network, 'fc', features, options);
}

/** @throws RangeError */
export function checkResnetBody({ depth = 18, stem = '7x7' }: ResnetBodyOptions): void {
  checkChoice('residual network of depth', depth, Object.keys(DEPTHS).map(Number));
  checkChoice('stem', stem, Object.keys(STEMS));
}

/** The network up to the mean of each channel. @param x [N, channels, H, W] @returns [N, 512], of depth 50 [N, 2048] */
export function resnetBody(network: Network, prefix: string, x: Value, options: ResnetBodyOptions): Value {
  const { depth = 18, stem = '7x7' } = options;
  const { kind, blocks } = DEPTHS[depth]!;
  const { kernel, stride } = STEMS[stem];
  let value = convolution(network, `${prefix}conv1`, x, {
    outputs: FIRST_WIDTH,
    kernel,
    stride,
    padding: (kernel - 1) / 2,
    bias: false,
    weights: KAIMING_FAN_OUT,
  });
  value = batchNorm(network, `${prefix}bn1`, value);
  // torchvision pools after the ReLU: the same numbers, with four times the work for the ReLU.
  if (stem === '7x7') value = maxPool(network, `${prefix}maxpool`, value, { kernel: 3, stride: 2, padding: 1 });
  value = network.within(`${prefix}conv1`, () => network.graph.op('Relu', [value]));
  for (const [stage, count] of blocks.entries()) {
    const width = FIRST_WIDTH * 2 ** stage;
    for (let block = 0; block < count; block++) {
      const name = `${prefix}layer${stage + 1}.${block}`;
      value = residualBlock(network, name, value, kind, { width, stride: stage > 0 && block === 0 ? 2 : 1 });
    }
  }
  return network.within(`${prefix}avgpool`, () => globalAveragePool(network, value));
}
