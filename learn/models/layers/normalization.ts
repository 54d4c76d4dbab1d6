/** Normalising layers, as PyTorch's `nn.BatchNorm2d` and `nn.LayerNorm`. */
import type { Value } from '../../onnx/index.js';
import type { Network } from '../network.js';
import { extentOf } from './extent.js';

/** Of {@link batchNorm}. */
export interface BatchNormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
  /** Share of a new batch in the running statistics. Default 0.1. (ONNX counts the other share.) */
  readonly momentum?: number;
}

/**
 * Batch normalisation (Ioffe and Szegedy 2015) in its form for inference; training uses the statistics of the batch, and moves the running ones.
 * `<name>.weight`, `.bias`, `.running_mean` and `.running_var`, all [C].
 *
 * @param x [N, C, ...]
 */
export function batchNorm(network: Network, name: string, x: Value, options: BatchNormOptions = {}): Value {
  const { epsilon = 1e-5, momentum = 0.1 } = options;
  const shape = [extentOf(x, 1, name)];
  const tensors = [
    network.parameter(`${name}.weight`, shape, { type: 'ones' }),
    network.parameter(`${name}.bias`, shape, { type: 'zeros' }),
    network.parameter(`${name}.running_mean`, shape, { type: 'zeros' }),
    network.parameter(`${name}.running_var`, shape, { type: 'ones' }),
  ];
  // 1 - 0.1 is to be stored as 0.9, not as 0.8999999985.
  const kept = Number((1 - momentum).toPrecision(7));
  return network.graph.op(
    'BatchNormalization',
    [x, ...tensors],
    { epsilon, momentum: kept, training_mode: 0 },
    { name: `${name}.output` },
  );
}

/** Of {@link layerNorm}. */
export interface LayerNormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
}

/** Layer normalisation over the last axis (Ba, Kiros, Hinton 2016). `<name>.weight` and `.bias` [D]. @param x [..., D] */
export function layerNorm(network: Network, name: string, x: Value, { epsilon = 1e-5 }: LayerNormOptions = {}): Value {
  const shape = [extentOf(x, -1, name)];
  const weight = network.parameter(`${name}.weight`, shape, { type: 'ones' });
  const bias = network.parameter(`${name}.bias`, shape, { type: 'zeros' });
  return network.graph.op('LayerNormalization', [x, weight, bias], { axis: -1, epsilon }, { name: `${name}.output` });
}
