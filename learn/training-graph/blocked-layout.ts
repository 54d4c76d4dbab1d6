/** The forward pass in the layout of the CPU's vector registers, where the machine's block size is known. */
import type { Composite } from '../autodiff/composite.js';
import { layOut } from '../lowerings/blocked/index.js';
import { type GraphBuilder, OnnxError, type ValueType } from '../onnx/index.js';
import type { Network } from './network.js';
import type { TrainingGraphOptions } from './options.js';

/** A network in a graph of its own, with what differentiation is to be told. */
export interface PlacedNetwork {
  readonly graph: GraphBuilder;
  readonly network: Network;
  readonly composites: readonly Composite[];
}

/** The same network over blocked images, on the CPU and where the options ask for it. */
export function placed(graph: GraphBuilder, network: Network, options: TrainingGraphOptions): PlacedNetwork {
  const { cpuLayout, provider = 'cpu' } = options;
  if (!cpuLayout || provider !== 'cpu') return { graph, network, composites: [] };
  const { logits, parameters, statistics } = network;
  const kept = [logits, ...parameters, ...statistics.flatMap(({ input, next }) => [input, next])];
  const { graph: laid, composites, at } = layOut(graph, kept, cpuLayout);
  return {
    graph: laid,
    composites,
    network: {
      ...network,
      logits: at(logits),
      parameters: parameters.map(at),
      statistics: statistics.map(({ name, input, next }) => ({ name, input: at(input), next: at(next) })),
    },
  };
}

/**
 * The type of an input with a batch of known rows: the symbol that stands first in the network's first input gives way everywhere.
 * @throws OnnxError when the batch has no rows, or the model fixes another number
 */
export function withBatch({ dtype, shape }: ValueType, symbol: string | number | undefined, batch: number): ValueType {
  if (!Number.isSafeInteger(batch) || batch < 1) throw new OnnxError(`batch is a whole number >= 1, not ${batch}`);
  if (typeof symbol === 'number' && symbol !== batch)
    throw new OnnxError(`the model takes batches of ${symbol} rows, not of ${batch}`);
  return { dtype, shape: shape.map((dim) => (typeof dim === 'string' && dim === symbol ? batch : dim)) };
}
