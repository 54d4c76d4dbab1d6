/** From the words of a training to the options of its graph. */

import { DataError } from '../data/errors.js';
import { type Dataset, rowCount } from '../data/index.js';
import type { Provider } from '../device.js';
import type { LossSettings } from '../losses/index.js';
import { isParameter } from '../models/index.js';
import type { TrainingGraphOptions } from '../training-graph/index.js';
import type { TrainableNetwork } from './network.js';
import type { TrainingSettings } from './settings.js';
import { parameterGroups } from './weight-groups.js';

/** @throws DataError when the class weights do not fit the classes, OnnxError when a group of weights fits none, or two groups the same */
export function graphOptions(
  { model, trainable }: TrainableNetwork,
  settings: TrainingSettings,
  train: Dataset,
  provider: Provider,
): TrainingGraphOptions {
  const { optimizer, clipNorm, clipValue, averageDecay, precision, checkpointing, accumulate = 1 } = settings;
  const { groups = [], decaysOnlyMatrices = false } = settings;
  const trained = (model.graph?.initializer ?? []).flatMap((stored) => {
    const { name = '', dims: shape } = stored;
    const chosen = trainable === 'all' ? isParameter(stored) : trainable.includes(name);
    return chosen ? [{ name, shape }] : [];
  });
  const parameters = parameterGroups(trained, groups, decaysOnlyMatrices);
  return {
    model,
    trainable,
    idle: 'freeze',
    loss: lossOf(settings, train),
    optimizer,
    provider,
    ...(parameters.length > 0 && { groups: parameters }),
    ...(clipNorm !== undefined && { clipNorm }),
    ...(clipValue !== undefined && { clipValue }),
    ...(accumulate > 1 && { accumulate: true }),
    ...(averageDecay !== undefined && { averageDecay, averageWarmUp: true }),
    ...(precision !== undefined && { precision }),
    ...(checkpointing !== undefined && { checkpointing }),
  };
}

function lossOf(settings: TrainingSettings, train: Dataset): LossSettings {
  const { loss } = settings;
  const weights = classWeightsOf(settings, train);
  if (loss.type === 'cross_entropy') {
    const { labelSmoothing = 0 } = loss;
    return { type: 'cross_entropy', labelSmoothing, ...(weights && { classWeights: weights }) };
  }
  const { gamma } = loss;
  return { type: 'focal', ...(gamma !== undefined && { gamma }), ...(weights && { alpha: weights }) };
}

function classWeightsOf({ classWeights }: TrainingSettings, train: Dataset): number[] | undefined {
  if (classWeights === undefined) return undefined;
  const classes = train.classNames.length;
  if (classWeights !== 'balanced') {
    if (classWeights.length !== classes) {
      throw new DataError(
        'bad_class_names',
        `class_weights has ${classWeights.length} weights for ${classes} classes`,
        'Give one a class, or "balanced".',
      );
    }
    return [...classWeights];
  }
  const counts = new Array<number>(classes).fill(0);
  for (const label of train.labels.data) counts[label]! += 1;
  return counts.map((count) => rowCount(train) / (classes * count));
}
