/** What can be said of a network file before there is any data. */
import type { ModelProto } from '../../onnx/index.js';
import { trainingGraph } from '../../training-graph/index.js';
import { openNetwork } from './open.js';
import type { NetworkFileWords } from './words.js';

/** What is trained of a file, and what its user should know. */
export interface CheckedNetwork {
  readonly classes: number;
  readonly trainable: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Builds a training step from the file and throws it away: what has no derivative, or cannot be taken over, is named now and not
 * when a job is under way.
 * @throws OnnxError naming node and operator
 */
export function checkNetwork(file: ModelProto, words: NetworkFileWords): CheckedNetwork {
  const { network, trainable, notes } = openNetwork(file, words);
  trainingGraph({
    model: network.model,
    loss: { type: 'cross_entropy' },
    optimizer: { type: 'sgd' },
    trainable,
    idle: 'freeze',
  });
  return { classes: network.classes, trainable, notes };
}
