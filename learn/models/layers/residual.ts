/** Residual blocks (He et al. 2016), with the names and the strides of torchvision. */
import type { Value } from '../../onnx/index.js';
import type { Network } from '../network.js';
import { convolution, KAIMING_FAN_OUT } from './convolution.js';
import { extentOf } from './extent.js';
import { batchNorm } from './normalization.js';

export interface ResidualOptions {
  /** Channels of the block's convolutions; a bottleneck gives out four times as many. */
  readonly width: number;
  /** Of the block, 1 or 2. Default 1. */
  readonly stride?: number;
}

/** What one output channel of a block is for each channel of its width. */
export const EXPANSION = { basic: 1, bottleneck: 4 } as const;

export type ResidualKind = keyof typeof EXPANSION;

/** The blocks by name: two 3x3 convolutions, or 1x1, 3x3, 1x1 of which the 3x3 has the stride ("v1.5"). */
const KERNELS: Readonly<Record<ResidualKind, readonly { readonly kernel: number; readonly strided: boolean }[]>> = {
  basic: [
    { kernel: 3, strided: true },
    { kernel: 3, strided: false },
  ],
  bottleneck: [
    { kernel: 1, strided: false },
    { kernel: 3, strided: true },
    { kernel: 1, strided: false },
  ],
};

/**
 * relu(x + body(x)): `<name>.conv1.weight`, `<name>.bn1.*`, ... and, where extents change, a 1x1 convolution on the
 * shortcut, `<name>.downsample.0.weight` and `<name>.downsample.1.*`.
 *
 * @param x [N, C, H, W]
 * @returns [N, width * expansion, H / stride, W / stride]
 */
export function residualBlock(
  network: Network,
  name: string,
  x: Value,
  kind: ResidualKind,
  { width, stride = 1 }: ResidualOptions,
): Value {
  const { graph, math } = network;
  const outputs = width * EXPANSION[kind];
  const bare = { bias: false, weights: KAIMING_FAN_OUT };
  const layers = KERNELS[kind];
  let body = x;
  for (const [index, { kernel, strided }] of layers.entries()) {
    const last = index === layers.length - 1;
    body = convolution(network, `${name}.conv${index + 1}`, body, {
      ...bare,
      outputs: last ? outputs : width,
      kernel,
      stride: strided ? stride : 1,
      padding: (kernel - 1) / 2,
    });
    body = batchNorm(network, `${name}.bn${index + 1}`, body);
    if (!last) body = network.within(name, () => graph.op('Relu', [body]));
  }
  let shortcut = x;
  if (stride !== 1 || extentOf(x, 1, name) !== outputs) {
    shortcut = convolution(network, `${name}.downsample.0`, x, { ...bare, outputs, kernel: 1, stride });
    shortcut = batchNorm(network, `${name}.downsample.1`, shortcut);
  }
  return network.within(name, () => graph.op('Relu', [math.add(body, shortcut)]));
}
