/** Batches of random numbers with random labels: what a step takes does not depend on them. */
import { type NamedTensors, random, STREAMS } from '../../../learn/index.js';
import { elementCount, tensor } from '../../../runtime/tensor.js';
import type { BenchmarkNetwork } from './networks.js';

/** So many different batches take turns. */
export const BATCHES = 4;

/** The inputs by their names, and `labels` int64 [N]. */
export function drawBatches({ batch, inputs, network }: BenchmarkNetwork, count = BATCHES): NamedTensors[] {
  return Array.from({ length: count }, (_, index) => {
    const draws = random(network.seed, STREAMS.user, index);
    const named: NamedTensors = {};
    for (const [name, row] of Object.entries(inputs)) {
      const shape = [batch, ...row];
      const values = Float32Array.from({ length: elementCount(shape) }, () => draws.normal());
      named[name] = tensor('float32', shape, values);
    }
    const labels = BigInt64Array.from({ length: batch }, () => BigInt(draws.below(network.classes)));
    return { ...named, labels: tensor('int64', [batch], labels) };
  });
}
