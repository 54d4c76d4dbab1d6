/** A network file, ready to be trained: what is trained of it, and the file that the trained weights go into. */
import type { ModelProto } from '../../onnx/index.js';
import { withOwnTensors } from '../../onnx/own-tensors.js';
import { trainedStatistics } from '../../training-graph/layer-statistics.js';
import { listed } from '../weight-groups.js';
import { type AdaptedNetwork, adaptNetwork } from './adapt.js';
import { constantNotes } from './constants.js';
import { sharedTensors } from './shared.js';
import { trainableNames } from './trainable.js';
import type { NetworkFileWords } from './words.js';

export interface OpenedNetwork {
  readonly network: AdaptedNetwork;
  readonly trainable: readonly string[];
  /** The file as it was read; where its exporter merged tensors that are trained, with each of them stored by itself. */
  readonly file: ModelProto;
  /** What its user should know, in sentences. */
  readonly notes: readonly string[];
}

/**
 * @param features the width of the data, where it is known
 * @throws OnnxError when the file cannot be used as the words say
 */
export function openNetwork(given: ModelProto, words: NetworkFileWords, features?: number): OpenedNetwork {
  const separated = withOwnTensors(given);
  const opened = openAs(separated, words, features);
  if (separated === given) return opened;
  const apart = partedTensors(given, separated);
  const moving = [...opened.trainable, ...trainedStatistics(opened.network.model, new Set(opened.trainable))].filter(
    (name) => apart.has(name),
  );
  // Where nothing that was merged changes, the file stays as it is, names and nodes.
  if (moving.length === 0) return openAs(given, words, features);
  const names = moving.map((name) => ({ name }));
  const note = `the exporter stored tensors once that were equal: ${listed(names)} ${names.length === 1 ? 'is' : 'are'} trained each by itself, and the file with the new weights stores them so`;
  return { ...opened, notes: [note, ...opened.notes] };
}

function openAs(file: ModelProto, words: NetworkFileWords, features: number | undefined): OpenedNetwork {
  const network = adaptNetwork(file, words, features);
  const trainable = trainableNames(file, network, words);
  const constants = words.trainable === 'all' ? constantNotes(network.model, trainable) : [];
  return { network, trainable, file, notes: [...constants, ...sharedTensors(network, trainable)] };
}

/** Tensors that are new in `separated`, or have other readers there. */
function partedTensors(given: ModelProto, separated: ModelProto): ReadonlySet<string> {
  const readersIn = ({ graph }: ModelProto) => {
    const readers = new Map<string, string>((graph?.initializer ?? []).map(({ name = '' }) => [name, '']));
    for (const { input, output } of graph?.node ?? [])
      for (const name of input) if (readers.has(name)) readers.set(name, `${readers.get(name)}\n${output.join('\t')}`);
    return readers;
  };
  const before = readersIn(given);
  return new Set([...readersIn(separated)].flatMap(([name, readers]) => (before.get(name) === readers ? [] : [name])));
}
