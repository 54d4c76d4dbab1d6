/** A convolution over any number of spatial axes, as PyTorch's `nn.Conv1d` to `nn.Conv3d`. */
import { type InitializationSettings, layerDefaults } from '../../initialization/index.js';
import { OnnxError, type Value } from '../../onnx/index.js';
import type { Network } from '../network.js';
import { extentOf } from './extent.js';

/** Normal with the variance 2 / fan_out: keeps the gradients' size through ReLUs (He et al. 2015, equation 14). */
export const KAIMING_FAN_OUT: InitializationSettings = {
  type: 'kaiming_normal',
  mode: 'fan_out',
  nonlinearity: 'relu',
};

/** One number for all spatial axes, or one for each. */
export type PerAxis = number | readonly number[];

/** Of {@link convolution}. */
export interface ConvolutionOptions {
  /** Number of output channels. */
  readonly outputs: number;
  readonly kernel: PerAxis;
  /** Default 1. */
  readonly stride?: PerAxis;
  /** Zeros on both sides of each axis. Default 0. */
  readonly padding?: PerAxis;
  /** Distance between the taps of the kernel. Default 1. */
  readonly dilation?: PerAxis;
  /** Input and output channels fall into so many groups that do not see one another. Default 1. */
  readonly groups?: number;
  /** Default true. */
  readonly bias?: boolean;
  /** First values of the weight. Default: uniform within +-1/sqrt(fan_in). */
  readonly weights?: InitializationSettings;
  /** First values of the bias. Default: uniform within +-1/sqrt(fan_in). */
  readonly biases?: InitializationSettings;
}

/**
 * `<name>.weight` [outputs, C / groups, ...kernel] and `<name>.bias` [outputs].
 *
 * @param x [N, C, ...spatial]
 * @returns [N, outputs, ...spatial]
 * @throws OnnxError when the channels do not fall into the groups, or an extent does not fit
 */
export function convolution(network: Network, name: string, x: Value, options: ConvolutionOptions): Value {
  const { outputs, stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } = options;
  const channels = extentOf(x, 1, name);
  const axes = x.shape.length - 2;
  const kernel = perAxis(options.kernel, axes, name);
  if (channels % groups !== 0 || outputs % groups !== 0) {
    throw new OnnxError(
      `the layer "${name}": ${channels} input and ${outputs} output channels do not fall into ${groups} equal groups`,
    );
  }
  const shape = [outputs, channels / groups, ...kernel];
  const defaults = layerDefaults(shape);
  const { weights = defaults.weight, biases = defaults.bias } = options;
  const weight = network.parameter(`${name}.weight`, shape, weights);
  const offset = bias ? network.parameter(`${name}.bias`, [outputs], biases) : undefined;
  const pads = perAxis(padding, axes, name);
  const attributes = {
    kernel_shape: kernel,
    strides: perAxis(stride, axes, name),
    pads: [...pads, ...pads],
    dilations: perAxis(dilation, axes, name),
    group: groups,
  };
  return network.graph.op('Conv', [x, weight, offset], attributes, { name: `${name}.output` });
}

/** @throws OnnxError when there are more or fewer numbers than axes */
export function perAxis(given: PerAxis, axes: number, layer: string): readonly number[] {
  if (typeof given === 'number') return new Array<number>(axes).fill(given);
  if (given.length === axes) return given;
  throw new OnnxError(
    `the layer "${layer}" has an input with ${axes} spatial axes, and [${given.join(', ')}] has ${given.length} entries`,
  );
}
