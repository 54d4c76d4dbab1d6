/** Dropout (Srivastava et al. 2014), as PyTorch's `nn.Dropout`. */
import type { Value } from '../../onnx/index.js';
import type { Network } from '../network.js';

/** Drops a share of the elements while the network is trained, and nothing else. A share of 0 adds no node. */
export function dropout(network: Network, x: Value, share: number): Value {
  return share === 0 ? x : network.graph.op('Dropout', [x, network.math.scalar(share, 'float32')]);
}
