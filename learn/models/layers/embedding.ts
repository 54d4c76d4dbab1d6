/** A table of vectors, as PyTorch's `nn.Embedding`. */
import type { InitializationSettings } from '../../initialization/index.js';
import type { Value } from '../../onnx/index.js';
import type { Network } from '../network.js';

/** Of {@link embedding}. */
export interface EmbeddingOptions {
  /** Number of vectors; indices are below it. */
  readonly entries: number;
  /** Length of each. */
  readonly width: number;
  /** Default: the standard normal distribution. */
  readonly weights?: InitializationSettings;
}

/** `<name>.weight` [entries, width]. @param indices int64, any shape @returns [...indices, width] */
export function embedding(network: Network, name: string, indices: Value, options: EmbeddingOptions): Value {
  const { entries, width, weights = { type: 'embedding' } } = options;
  const weight = network.parameter(`${name}.weight`, [entries, width], weights);
  return network.graph.op('Gather', [weight, indices], { axis: 0 }, { name: `${name}.output` });
}
