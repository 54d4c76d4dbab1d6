/** The stored tensors of a file that are trained. */
import { nearestName } from '../../data/nearest.js';
import { isParameter, runningStatistics } from '../../models/index.js';
import { dtypeOf, type ModelProto, type TensorProto } from '../../onnx/index.js';
import { matchesName } from '../../optimizers/index.js';
import { listed } from '../weight-groups.js';
import type { AdaptedNetwork } from './adapt.js';
import { NetworkFault } from './fault.js';
import { headOf } from './head.js';
import { influencesOn } from './influence.js';
import type { NetworkFileWords } from './words.js';

/**
 * @param file as it was read: only what is stored in its own graph can be written back to it
 * @returns names, in the order of the file
 * @throws OnnxError when a name or pattern fits nothing that can be trained, or what shall be trained is not float32
 */
export function trainableNames(
  file: ModelProto,
  network: AdaptedNetwork,
  { trainable }: Pick<NetworkFileWords, 'trainable'>,
): readonly string[] {
  const stored = file.graph?.initializer ?? [];
  const kept = new Set(network.model.graph?.initializer.map(({ name }) => name));
  const influences = influencesOn(network.graph, network.logits);
  const statistics = runningStatistics(network.model);
  const plays = ({ name = '' }: TensorProto): boolean =>
    kept.has(name) && influences.has(name) && !statistics.has(name);
  const candidates = stored.filter((tensor) => isParameter(tensor) && plays(tensor));
  const names = chosen(stored, candidates, network, trainable, plays);
  const trained = stored.filter(({ name = '' }) => names.has(name));
  if (trained.length === 0)
    throw new NetworkFault(
      'trainable',
      'there is nothing to train: no floating-point tensor that is stored in the file plays a part in its logits. Export it with its parameters (export_params=True)',
    );
  for (const { name = '', dataType } of trained) {
    const dtype = dtypeOf(dataType, `tensor "${name}"`);
    if (dtype !== 'float32')
      throw new NetworkFault(
        'trainable',
        `"${name}" is stored as ${dtype}: only float32 is fine-tuned; export the network in float32, or leave it out of \`trainable\``,
      );
  }
  return trained.map(({ name = '' }) => name);
}

function chosen(
  stored: readonly TensorProto[],
  candidates: readonly TensorProto[],
  network: AdaptedNetwork,
  trainable: NetworkFileWords['trainable'],
  plays: (tensor: TensorProto) => boolean,
): ReadonlySet<string> {
  const known = candidates.map(({ name = '' }) => ({ name }));
  const all = new Set(known.map(({ name }) => name));
  if (trainable === 'all') return all;
  if (trainable === 'head') return new Set(headOf(network, all));
  return new Set(
    trainable.flatMap((pattern) => {
      const exact = stored.find(({ name }) => name === pattern);
      if (exact && plays(exact)) return [pattern];
      if (exact)
        throw new NetworkFault(
          'trainable',
          `"${pattern}" cannot be trained: ${runningStatistics(network.model).has(pattern) ? 'it is a running statistic, which follows the data by itself' : 'the logits do not depend on it, or not in floating-point numbers'}. Take it out of \`trainable\``,
        );
      const fitting = known.filter(({ name }) => matchesName(name, pattern));
      if (fitting.length > 0) return fitting.map(({ name }) => name);
      const close = nearestName(pattern, all);
      throw new NetworkFault(
        'trainable',
        `the network stores no tensor "${pattern}" that could be trained: ${close === undefined ? `it has ${listed(known)}` : `did you mean "${close}"?`}`,
      );
    }),
  );
}
