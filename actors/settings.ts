/** From the words of the contract to those of `learn/`. */
import type { ModelSpec, PreprocessingRecipe, TrainingSettings } from '../learn/index.js';
import {
  backboneOf,
  earlyStoppingOf,
  MONITORS,
  type ModelConfig,
  monitorOf,
  schedulerOf,
  type TrainerConfig,
  type TrainingConfig,
} from './contract/index.js';

export function modelSpecOf(config: ModelConfig): ModelSpec {
  return {
    kind: 'model_spec',
    backbone: backboneOf(config),
    hidden: config.hidden,
    dropout: config.dropout,
    ...(config.seed !== undefined && { seed: config.seed }),
    ...(config.num_classes !== undefined && { numClasses: config.num_classes }),
  };
}

/** Of a job and of a node: what only a job can keep is not asked for here. */
export function trainingSettingsOf(config: TrainerConfig | TrainingConfig, hasValidation: boolean): TrainingSettings {
  const monitor = monitorOf(config, hasValidation);
  const stopping = earlyStoppingOf(config);
  return {
    epochs: config.epochs,
    batchSize: config.batch_size,
    learningRate: config.learning_rate,
    optimizer: {
      type: config.optimizer,
      weightDecay: config.weight_decay,
      ...(config.momentum !== undefined && { momentum: config.momentum }),
    },
    schedule: schedulerOf(config),
    labelSmoothing: config.label_smoothing,
    ...(config.class_weights && { classWeights: config.class_weights }),
    ...(typeof config.clip_norm === 'number' && { clipNorm: config.clip_norm }),
    monitor: { name: monitor, mode: MONITORS[monitor] },
    keepBest: config.keep_best,
    ...(stopping && {
      earlyStopping: {
        monitor: stopping.monitor,
        mode: stopping.mode,
        patience: stopping.patience,
        minDelta: stopping.min_delta,
      },
    }),
    seed: config.seed,
  };
}

export function recipeOf(config: {
  readonly impute: PreprocessingRecipe['impute'];
  readonly scale: PreprocessingRecipe['scale'];
}): PreprocessingRecipe {
  return { impute: config.impute, scale: config.scale };
}
