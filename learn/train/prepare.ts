/** From data and settings to what a training runs on: every check that can be made before, then the fitted preprocessing and the graph. */
import { type Tensor, tensor } from '../../runtime/tensor.js';
import { DataError } from '../data/errors.js';
import {
  applyPreprocessing,
  type Dataset,
  DEFAULT_RECIPE,
  type FittedPreprocessing,
  fitPreprocessing,
  overlap,
  preprocessedWidth,
  rowCount,
} from '../data/index.js';
import type { Provider } from '../device.js';
import { mlp } from '../models/index.js';
import type { ModelProto } from '../onnx/index.js';
import { type TrainingGraph, trainingGraph } from '../training-graph/index.js';
import { TrainingError } from './errors.js';
import type { TrainingSettings } from './settings.js';
import type { ModelSpec } from './trained-model.js';

/** What is trained, on which rows, and how. */
export interface TrainingInput {
  readonly spec: ModelSpec;
  readonly train: Dataset;
  readonly validation?: Dataset;
  readonly settings: TrainingSettings;
}

export interface Prepared {
  readonly preprocessing: FittedPreprocessing;
  readonly network: ModelProto;
  readonly graph: TrainingGraph;
  readonly features: Tensor<'float32'>;
  readonly validationFeatures: Tensor<'float32'> | undefined;
}

/** @throws DataError, TrainingError */
export function prepare({ spec, train, validation, settings }: TrainingInput, provider: Provider): Prepared {
  const classes = train.classNames.length;
  checkInput(spec, train, validation, settings);
  const preprocessing = fitPreprocessing(train, train.recipe ?? DEFAULT_RECIPE);
  const width = preprocessedWidth(preprocessing);
  const transform = (dataset: Dataset): Tensor<'float32'> =>
    tensor('float32', [rowCount(dataset), width], applyPreprocessing(preprocessing, dataset.features));
  const network = mlp({
    features: width,
    hidden: [...spec.hidden],
    classes,
    dropout: spec.dropout,
    seed: spec.seed ?? settings.seed,
  });
  const { labelSmoothing, clipNorm, optimizer } = settings;
  const graph = trainingGraph({
    model: network,
    loss: { type: 'cross_entropy', labelSmoothing, ...classWeightsOf(settings, train) },
    optimizer: optimizerOf(optimizer),
    provider,
    ...(clipNorm !== undefined && { clipNorm }),
  });
  return {
    preprocessing,
    network,
    graph,
    features: transform(train),
    validationFeatures: validation && transform(validation),
  };
}

function optimizerOf({
  type,
  momentum,
  weightDecay,
}: TrainingSettings['optimizer']): Parameters<typeof trainingGraph>[0]['optimizer'] {
  return type === 'sgd' ? { type, momentum: momentum ?? 0, weightDecay } : { type, weightDecay };
}

function checkInput(
  spec: ModelSpec,
  train: Dataset,
  validation: Dataset | undefined,
  settings: TrainingSettings,
): void {
  const { classNames, positive } = train;
  if (spec.numClasses !== undefined && spec.numClasses !== classNames.length) {
    throw new DataError(
      'bad_class_names',
      `num_classes is ${spec.numClasses}, and "${train.name}" has ${classNames.length} classes (${classNames.join(', ')})`,
      'Leave num_classes out, or mend the data.',
    );
  }
  if (classNames.length === 2 && positive === undefined) {
    throw new DataError(
      'undeclared_positive',
      `nobody said which of "${classNames[0]}" and "${classNames[1]}" is the diseased class`,
      'Declare it: `positive` in the data configuration.',
    );
  }
  const figures = [settings.monitor.name, ...(settings.earlyStopping ? [settings.earlyStopping.monitor] : [])];
  const needed = figures.find((name) => name.startsWith('val_'));
  if (!validation && needed) {
    throw new TrainingError(
      'unknown_figure',
      `"${needed}" needs validation rows: give the split a validation part, or monitor "train_loss"`,
    );
  }
  if (!validation) return;
  const shared = overlap(train, validation);
  if (shared.rows > 0 || shared.patients > 0) {
    throw new TrainingError(
      'leak',
      `${shared.rows} rows and ${shared.patients} patients are in the training and in the validation part (first lines: ${shared.lines.join(', ')}): split the data again`,
    );
  }
  if (validation.recipe && JSON.stringify(validation.recipe) !== JSON.stringify(train.recipe)) {
    throw new TrainingError(
      'state_mismatch',
      'the validation rows ask for another preprocessing than the training rows: preprocess the data before the split',
    );
  }
}

function classWeightsOf({ classWeights }: TrainingSettings, train: Dataset): { classWeights?: number[] } {
  if (classWeights === undefined) return {};
  const classes = train.classNames.length;
  if (classWeights !== 'balanced') {
    if (classWeights.length !== classes) {
      throw new DataError(
        'bad_class_names',
        `class_weights has ${classWeights.length} weights for ${classes} classes`,
        'Give one a class, or "balanced".',
      );
    }
    return { classWeights: [...classWeights] };
  }
  const counts = new Array<number>(classes).fill(0);
  for (const label of train.labels.data) counts[label]! += 1;
  return { classWeights: counts.map((count) => rowCount(train) / (classes * count)) };
}
