/** Layers that make images smaller. */
import type { Value } from '../../onnx/index.js';
import type { Network } from '../network.js';
import { type PerAxis, perAxis } from './convolution.js';

/** Of {@link maxPool}. */
export interface PoolingOptions {
  readonly kernel: PerAxis;
  /** Default: as the kernel. */
  readonly stride?: PerAxis;
  /** On both sides of each axis; never the maximum. Default 0. */
  readonly padding?: PerAxis;
}

/** The largest element of each window, as PyTorch's `nn.MaxPool2d`. @param x [N, C, ...spatial] */
export function maxPool(network: Network, name: string, x: Value, options: PoolingOptions): Value {
  const { kernel, stride = kernel, padding = 0 } = options;
  const axes = x.shape.length - 2;
  const pads = perAxis(padding, axes, name);
  const attributes = {
    kernel_shape: perAxis(kernel, axes, name),
    strides: perAxis(stride, axes, name),
    pads: [...pads, ...pads],
  };
  return network.graph.op('MaxPool', [x], attributes, { name: `${name}.output` });
}

/** The mean of each channel. @param x [N, C, ...spatial] @returns [N, C] */
export function globalAveragePool(network: Network, x: Value): Value {
  return network.graph.op('Flatten', [network.graph.op('GlobalAveragePool', [x])], { axis: 1 });
}
