/** What training starts from and what it leaves behind: plain data that crosses threads and fits into a checkpoint. */
import type { DataTerms, FittedPreprocessing, RowIdentity } from '../data/index.js';
import { fromTensorProto, readModel } from '../onnx/index.js';
import type { NetworkFileWords } from './network-file/index.js';

interface CommonSpec {
  readonly kind: 'model_spec';
  /** Of the initial weights and the dropout; the training's seed when absent. */
  readonly seed?: number;
  /** Checked against the data where given. */
  readonly numClasses?: number;
}

/** A network that is not built yet: its input width and its classes come from the data. */
export interface MlpSpec extends CommonSpec {
  readonly backbone: 'mlp';
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[];
  readonly dropout: number;
}

/** What is known of a network from a file beside its content. */
export interface FileSpec extends CommonSpec, NetworkFileWords {
  readonly backbone: 'onnx';
  /** The file's name, for people. */
  readonly file: string;
  /** Of the file and, where it keeps values in other files, of those values; hexadecimal. */
  readonly sha256: string;
}

/** A network from a file, to be fine-tuned. */
export interface FileNetworkSpec extends FileSpec {
  /** The file, whole in itself. */
  readonly network: Uint8Array;
}

/** What is to be trained. */
export type ModelSpec = MlpSpec | FileNetworkSpec;

/** A trained network with everything it needs to be used on raw rows, and everything it has seen. */
export interface TrainedModel extends DataTerms {
  readonly kind: 'model';
  readonly spec: MlpSpec | FileSpec;
  /**
   * ONNX, the trained weights inside: input `x` [N, F'], output `logits` [N, C]; or, of a network from a file, that file with other
   * weights.
   */
  readonly network: Uint8Array;
  /** Fitted to the training rows; part of the model, so that nobody can apply another one. */
  readonly preprocessing: FittedPreprocessing;
  /** Rows and patients that the weights, the preprocessing or the choice of the epoch depend on. */
  readonly seen: RowIdentity;
  /** Hashes of the rows kept aside when the trainer itself split the data. */
  readonly heldOut?: BigUint64Array;
  /** Threshold of the positive class's probability, chosen on the validation rows (Youden's J); two classes only. */
  readonly validationThreshold?: number;
  /** The epoch whose weights these are, from 1. */
  readonly epoch: number;
  readonly trainedEpochs: number;
}

/** Number of weights of a network. */
export function parameterCountOf(network: Uint8Array): number {
  const { graph } = readModel(network);
  return (graph?.initializer ?? []).reduce((count, tensor) => count + fromTensorProto(tensor).data.length, 0);
}
