/** From the words of the contract to those of `learn/`. */
import {
  type ClassificationLoss,
  DEFAULT_RECIPE,
  type ModelSpec,
  type PreprocessingRecipe,
  SQUARE_ROOT_OF_DEPTH,
  type TrainingSettings,
  type WeightGroup,
} from '../learn/index.js';
import {
  backboneOf,
  earlyStoppingOf,
  lossOf,
  MLP_DEFAULTS,
  MONITORS,
  type ModelConfig,
  monitorOf,
  networkFileOf,
  type Preprocess,
  schedulerOf,
  type TrainerConfig,
  type TrainingConfig,
} from './contract/index.js';
import { defined } from './defined.js';
import { loadNetwork } from './load-network.js';
import { optimizerSettingsOf } from './optimizer-settings.js';
import { scheduleOf } from './schedule-settings.js';

/** @throws FileError, OnnxError when the config names a file that cannot be read */
export async function modelSpecOf(config: ModelConfig, dataRoots: readonly string[]): Promise<ModelSpec> {
  const common = defined({ seed: config.seed, numClasses: config.num_classes });
  const file = networkFileOf(config);
  if (file !== undefined) return { ...(await loadNetwork(file, dataRoots)), ...common };
  const { hidden = MLP_DEFAULTS.hidden, dropout = MLP_DEFAULTS.dropout } = config;
  return { kind: 'model_spec', backbone: 'mlp', hidden, dropout, ...common };
}

/** Of a job and of a node: what only a job can keep is not asked for here. */
export function trainingSettingsOf(config: TrainerConfig | TrainingConfig, hasValidation: boolean): TrainingSettings {
  const monitor = monitorOf(config, hasValidation);
  const stopping = earlyStoppingOf(config);
  const schedule = schedulerOf(config);
  const followed = (schedule.type === 'plateau' ? schedule.monitor : undefined) ?? monitor;
  const { clip_norm: clipNorm, clip_value: clipValue, accumulate, ema_decay: averageDecay } = config;
  return {
    epochs: config.epochs,
    batchSize: config.batch_size,
    learningRate: config.learning_rate,
    optimizer: optimizerSettingsOf(config),
    schedule: scheduleOf(schedule, { epochs: config.epochs, monitor: { name: followed, mode: MONITORS[followed] } }),
    loss: lossSettingsOf(config),
    ...(config.class_weights && { classWeights: config.class_weights }),
    ...(config.parameter_groups && { groups: config.parameter_groups.map(groupOf) }),
    ...(config.no_decay_on_bias_and_norm && { decaysOnlyMatrices: true }),
    ...(typeof clipNorm === 'number' && { clipNorm }),
    ...(typeof clipValue === 'number' && { clipValue }),
    ...(typeof accumulate === 'number' && { accumulate }),
    ...(typeof averageDecay === 'number' && { averageDecay }),
    ...(config.use_amp && { precision: 'mixed' as const }),
    ...(config.gradient_checkpointing && {
      checkpointing: config.gradient_checkpointing === true ? SQUARE_ROOT_OF_DEPTH : config.gradient_checkpointing,
    }),
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

function lossSettingsOf(config: TrainerConfig | TrainingConfig): ClassificationLoss {
  const words = lossOf(config);
  return words.type === 'cross_entropy'
    ? { type: 'cross_entropy', labelSmoothing: config.label_smoothing }
    : { type: 'focal', ...defined({ gamma: words.gamma }) };
}

type Group = NonNullable<TrainingConfig['parameter_groups']>[number];

function groupOf({ parameters, learning_rate_scale, weight_decay }: Group): WeightGroup {
  return { parameters, ...defined({ learningRateScale: learning_rate_scale, weightDecay: weight_decay }) };
}

/** What is done to the features: what is asked for; otherwise the usual, and nothing in front of a network from a file. */
export function recipeOf(asked: Preprocess | undefined, model: ModelConfig): PreprocessingRecipe {
  if (asked !== undefined) return { impute: asked.impute, scale: asked.scale };
  return backboneOf(model) === 'onnx' ? { impute: 'none', scale: 'none' } : DEFAULT_RECIPE;
}
