/** A fully connected layer, as PyTorch's `nn.Linear`. */
import { type InitializationSettings, layerDefaults } from '../../initialization/index.js';
import type { Value } from '../../onnx/index.js';
import type { Network } from '../network.js';
import { extentOf } from './extent.js';

/** Of {@link linear}. */
export interface LinearOptions {
  /** Number of outputs. */
  readonly outputs: number;
  /** Default true. */
  readonly bias?: boolean;
  /** First values of the weight. Default: uniform within +-1/sqrt(inputs). */
  readonly weights?: InitializationSettings;
  /** First values of the bias. Default: uniform within +-1/sqrt(inputs). */
  readonly biases?: InitializationSettings;
  /** Name of the layer's result. Default `<name>.output`. */
  readonly result?: string;
}

/**
 * x W^T + b with `<name>.weight` [outputs, inputs] and `<name>.bias` [outputs].
 *
 * @param x [N, inputs]
 * @returns [N, outputs]
 */
export function linear(network: Network, name: string, x: Value, options: LinearOptions): Value {
  const { outputs, bias = true, result = `${name}.output` } = options;
  const shape = [outputs, extentOf(x, 1, name)];
  const defaults = layerDefaults(shape);
  const { weights = defaults.weight, biases = defaults.bias } = options;
  const weight = network.parameter(`${name}.weight`, shape, weights);
  const offset = bias ? network.parameter(`${name}.bias`, [outputs], biases) : undefined;
  return network.graph.op('Gemm', [x, weight, offset], { transB: 1 }, { name: result });
}
