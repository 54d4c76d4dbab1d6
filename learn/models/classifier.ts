/** How every network for images, sequences or several inputs ends. */
import type { ModelProto, Value } from '../onnx/index.js';
import { checkDropout, checkSizes } from './check.js';
import { dropout } from './layers/dropout.js';
import { linear } from './layers/linear.js';
import type { Network } from './network.js';

/** What all networks are told. */
export interface ClassifierOptions {
  /** Number of classes, C; 1 for a single logit, value or log hazard. */
  readonly classes: number;
  /** Share of the features before the last layer that training drops, 0 (the default) to below 1. */
  readonly dropout?: number;
  /** Of the initial weights; a whole number >= 0. */
  readonly seed: number;
}

/** @throws RangeError */
export function checkClassifier({ classes, dropout: share = 0 }: ClassifierOptions): void {
  checkSizes('classes', [classes]);
  checkDropout(share);
}

/** Dropout, and the linear layer `name` to the output `logits` [N, C]. @param features [N, F] */
export function classified(
  network: Network,
  name: string,
  features: Value,
  { classes, dropout: share = 0 }: ClassifierOptions,
): ModelProto {
  const kept = network.within(name, () => dropout(network, features, share));
  return network.finish(linear(network, name, kept, { outputs: classes, result: 'logits' }));
}
