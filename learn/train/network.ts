/** From what is asked for to a network that can be trained, and from a trained one to the model that is given out. */
import type { Tensor } from '../../runtime/tensor.js';
import { mlp } from '../models/index.js';
import { type ModelProto, readModel, writeModel } from '../onnx/index.js';
import { withParameters } from '../training-graph/index.js';
import { TrainingError } from './errors.js';
import { adaptNetwork, openNetwork, withNewWeights } from './network-file/index.js';
import type { MlpSpec, ModelSpec, TrainedModel } from './trained-model.js';

/** A network that fits the data. */
export interface TrainableNetwork {
  /** Input float32 [N, F], output float32 [N, C]. */
  readonly model: ModelProto;
  readonly trainable: readonly string[] | 'all';
  /** The file that the trained weights go into, where the network comes from one. */
  readonly file?: ModelProto;
  /** What its user should know, in sentences. */
  readonly notes: readonly string[];
}

/** What the data asks of a network. */
export interface DataWidth {
  readonly features: number;
  readonly classes: number;
  /** Where the spec has none. */
  readonly seed: number;
}

/** @throws OnnxError, TrainingError `unusable_network` when a network from a file does not fit the data */
export function networkOf(spec: ModelSpec, { features, classes, seed }: DataWidth): TrainableNetwork {
  if (spec.backbone === 'mlp') return { model: mlpOf(spec, { features, classes, seed }), trainable: 'all', notes: [] };
  const { network, trainable, file, notes } = openNetwork(readModel(spec.network), spec, features);
  if (network.classes !== classes)
    throw new TrainingError(
      'unusable_network',
      `"${spec.file}" has logits for ${network.classes} classes, and the data has ${classes}: export it with a last layer of ${classes}`,
    );
  const past = `what "${spec.file}" was trained on before is not known: had it seen rows of the test, its figures would flatter it`;
  return { model: network.model, trainable, file, notes: [...notes, past] };
}

function mlpOf({ hidden, dropout, seed: own }: MlpSpec, { features, classes, seed }: DataWidth): ModelProto {
  return mlp({ features, hidden: [...hidden], classes, dropout, seed: own ?? seed });
}

/** The spec as a trained model carries it, and the bytes of the network with its trained weights. */
export function trainedNetwork(
  spec: ModelSpec,
  { model, file }: TrainableNetwork,
  weights: Readonly<Record<string, Tensor>>,
): Pick<TrainedModel, 'spec' | 'network'> {
  if (spec.backbone === 'mlp') return { spec, network: writeModel(withParameters(model, weights)) };
  const { network: content, ...about } = spec;
  return { spec: about, network: writeModel(withNewWeights(file ?? readModel(content), weights)) };
}

/** The network of a trained model, input [N, F] and output [N, C], to be put behind its preprocessing. */
export function networkForScoring({ spec, network }: TrainedModel, features: number): ModelProto {
  const file = readModel(network);
  return spec.backbone === 'mlp' ? file : adaptNetwork(file, spec, features).model;
}
