/** The networks that are compared: each by its description, from which ours is built here and the peer's in its own script. */
import {
  type CnnOptions,
  cnn,
  type FusionOptions,
  fusion,
  type MlpOptions,
  type MobilenetV3Options,
  mlp,
  mobilenetV3,
  type OptimizerSettings,
  type ResnetOptions,
  resnet,
  type TransformerEncoderOptions,
  transformerEncoder,
} from '../../../learn/index.js';
import type { ModelProto } from '../../../learn/onnx/index.js';

/** A network as plain data, for both sides. */
export type NetworkDescription =
  | ({ readonly type: 'mlp' } & MlpOptions)
  | ({ readonly type: 'cnn' } & CnnOptions)
  | ({ readonly type: 'resnet' } & ResnetOptions)
  | ({ readonly type: 'mobilenet_v3' } & MobilenetV3Options)
  | ({ readonly type: 'transformer' } & TransformerEncoderOptions)
  | ({ readonly type: 'fusion' } & FusionOptions);

/** One training to be timed. */
export interface BenchmarkNetwork {
  /** In words, for the row. */
  readonly about: string;
  readonly network: NetworkDescription;
  /** Rows of a batch. */
  readonly batch: number;
  /** Of one row, by the inputs' names, in their order. All are float32. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly optimizer: OptimizerSettings;
  readonly learningRate: number;
}

const seed = 42;
const SGD: OptimizerSettings = { type: 'sgd', momentum: 0.9 };
const ADAM: OptimizerSettings = { type: 'adam' };
const photos = { channels: 3, classes: 10, seed } as const;
const greys = { channels: 1, classes: 10, size: [28, 28], seed } as const;

/** Nothing is dropped at random: both sides are to do the same work, and to find the same losses. */
export const NETWORKS = {
  mlp: {
    about: 'multi-layer perceptron 256-512-256-128-10, batch 256, Adam',
    network: { type: 'mlp', features: 256, hidden: [512, 256, 128], classes: 10, seed },
    batch: 256,
    inputs: { x: [256] },
    optimizer: ADAM,
    learningRate: 1e-4,
  },
  cnn28: {
    about: 'three convolutions (32, 64, 128) on 1x28x28, batch 64, SGD',
    network: { type: 'cnn', ...greys },
    batch: 64,
    inputs: { x: [1, 28, 28] },
    optimizer: SGD,
    learningRate: 1e-3,
  },
  cnn28_bn: {
    about: 'the same with batch normalisation',
    network: { type: 'cnn', ...greys, batchNorm: true },
    batch: 64,
    inputs: { x: [1, 28, 28] },
    optimizer: SGD,
    learningRate: 1e-3,
  },
  resnet18_28: {
    about: 'ResNet-18 with a 3x3 stem on 3x28x28, batch 128, SGD',
    network: { type: 'resnet', depth: 18, stem: '3x3', ...photos, size: [28, 28] },
    batch: 128,
    inputs: { x: [3, 28, 28] },
    optimizer: SGD,
    learningRate: 1e-3,
  },
  resnet18_64: {
    about: 'ResNet-18 with its 7x7 stem on 3x64x64, batch 32, SGD',
    network: { type: 'resnet', depth: 18, ...photos, size: [64, 64] },
    batch: 32,
    inputs: { x: [3, 64, 64] },
    optimizer: SGD,
    learningRate: 1e-3,
  },
  mobilenetv3_64: {
    about: 'MobileNetV3 small on 3x64x64, batch 32, SGD',
    network: { type: 'mobilenet_v3', ...photos, size: [64, 64], dropout: 0 },
    batch: 32,
    inputs: { x: [3, 64, 64] },
    optimizer: SGD,
    learningRate: 1e-3,
  },
  attention: {
    about: 'two encoder layers (width 128, 4 heads) over 48 tokens of 16 numbers, batch 64, Adam',
    network: {
      type: 'transformer',
      input: { type: 'sequence', length: 48, features: 16 },
      width: 128,
      heads: 4,
      layers: 2,
      feedForward: 256,
      classes: 2,
      seed,
    },
    batch: 64,
    inputs: { x: [48, 16] },
    optimizer: ADAM,
    learningRate: 1e-4,
  },
  fusion: {
    about: 'cnn28_bn and a table of 32 columns joined, batch 64, Adam',
    network: {
      type: 'fusion',
      image: { type: 'cnn', channels: 1, size: [28, 28], batchNorm: true },
      table: { features: 32, hidden: [64] },
      classes: 2,
      seed,
    },
    batch: 64,
    inputs: { image: [1, 28, 28], table: [32] },
    optimizer: ADAM,
    learningRate: 1e-4,
  },
  // The suite `memory` has this one: what it keeps for the backward pass is far more than its weights.
  mlp64: {
    about: 'multi-layer perceptron of 64 layers of width 256, batch 8192, SGD',
    network: { type: 'mlp', features: 256, hidden: new Array<number>(63).fill(256), classes: 10, seed },
    batch: 8192,
    inputs: { x: [256] },
    optimizer: SGD,
    learningRate: 1e-3,
  },
} as const satisfies Readonly<Record<string, BenchmarkNetwork>>;

export type NetworkName = keyof typeof NETWORKS;

export function buildNetwork(description: NetworkDescription): ModelProto {
  switch (description.type) {
    case 'mlp':
      return mlp(description);
    case 'cnn':
      return cnn(description);
    case 'resnet':
      return resnet(description);
    case 'mobilenet_v3':
      return mobilenetV3(description);
    case 'transformer':
      return transformerEncoder(description);
    case 'fusion':
      return fusion(description);
  }
}
