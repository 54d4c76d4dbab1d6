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
  type PreprocessingRecipe,
  preprocessedWidth,
  rowCount,
} from '../data/index.js';
import type { Provider } from '../device.js';
import type { LossSettings } from '../losses/index.js';
import { isParameter, randomShape } from '../models/index.js';
import { checkSchedule } from '../schedules/index.js';
import { type TrainingGraph, trainingGraph } from '../training-graph/index.js';
import { TrainingError } from './errors.js';
import { networkOf, type TrainableNetwork } from './network.js';
import type { TrainingSettings } from './settings.js';
import type { ModelSpec } from './trained-model.js';
import { listed, parameterGroups } from './weight-groups.js';

/** What is trained, on which rows, and how. */
export interface TrainingInput {
  readonly spec: ModelSpec;
  readonly train: Dataset;
  readonly validation?: Dataset;
  readonly settings: TrainingSettings;
}

export interface Prepared {
  readonly preprocessing: FittedPreprocessing;
  readonly network: TrainableNetwork;
  readonly graph: TrainingGraph;
  readonly features: Tensor<'float32'>;
  readonly validationFeatures: Tensor<'float32'> | undefined;
  /** What its user should know of the network, in sentences. */
  readonly notes: readonly string[];
}

/** A network from a file sees the features as they are, unless somebody asks for something else. */
const RAW: PreprocessingRecipe = { impute: 'none', scale: 'none' };

/** @throws DataError, TrainingError, OnnxError when a setting does not fit the network, RangeError for a schedule that is none */
export function prepare({ spec, train, validation, settings }: TrainingInput, provider: Provider): Prepared {
  const classes = train.classNames.length;
  checkInput(spec, train, validation, settings);
  checkSchedule(settings.schedule);
  const preprocessing = fitPreprocessing(train, train.recipe ?? (spec.backbone === 'onnx' ? RAW : DEFAULT_RECIPE));
  const width = preprocessedWidth(preprocessing);
  const transform = (dataset: Dataset): Tensor<'float32'> =>
    tensor('float32', [rowCount(dataset), width], applyPreprocessing(preprocessing, dataset.features));
  const network = networkOf(spec, { features: width, classes, seed: settings.seed });
  const graph = graphOf(network, settings, train, provider);
  return {
    preprocessing,
    network,
    graph,
    features: transform(train),
    validationFeatures: validation && transform(validation),
    notes: [...network.notes, ...idleNotes(network, graph)],
  };
}

function graphOf(
  { model, trainable }: TrainableNetwork,
  settings: TrainingSettings,
  train: Dataset,
  provider: Provider,
): TrainingGraph {
  const { optimizer, clipNorm, clipValue, averageDecay, precision, checkpointing, accumulate = 1 } = settings;
  const { groups = [], decaysOnlyMatrices = false } = settings;
  const trained = (model.graph?.initializer ?? []).flatMap((stored) => {
    const { name = '', dims: shape } = stored;
    const chosen = trainable === 'all' ? isParameter(stored) : trainable.includes(name);
    return chosen ? [{ name, shape }] : [];
  });
  const parameters = parameterGroups(trained, groups, decaysOnlyMatrices);
  const graph = trainingGraph({
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
  });
  // What nobody could draw is refused before anything is loaded.
  for (const input of graph.random) randomShape(input, { [rowsOf(graph)]: 1 });
  return graph;
}

/** The symbol that a training graph has for the rows of a batch. */
export function rowsOf({ model, inputs }: TrainingGraph): string {
  return model.graph?.input.find(({ name }) => name === inputs.x)?.type?.tensorType?.shape?.dim[0]?.dimParam ?? 'N';
}

function idleNotes({ trainable }: TrainableNetwork, { state }: TrainingGraph): string[] {
  if (trainable === 'all') return [];
  const trained = new Set(state.map(({ name }) => name));
  const idle = trainable.filter((name) => !trained.has(name)).map((name) => ({ name }));
  return idle.length === 0 ? [] : [`the loss does not depend on ${listed(idle)}: it stays as it is`];
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
  const { monitor, earlyStopping, schedule } = settings;
  const figures = [monitor.name, earlyStopping?.monitor, schedule.figure].filter((name) => name !== undefined);
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
