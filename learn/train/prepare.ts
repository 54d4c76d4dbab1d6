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
import { randomShape } from '../models/index.js';
import { checkSchedule } from '../schedules/index.js';
import { type TrainingGraph, type TrainingGraphOptions, trainingGraph } from '../training-graph/index.js';
import { TrainingError } from './errors.js';
import { graphOptions } from './graph-options.js';
import { networkOf, type TrainableNetwork } from './network.js';
import type { TrainingSettings } from './settings.js';
import { stepGraph } from './step-graph.js';
import type { ModelSpec } from './trained-model.js';
import { listed } from './weight-groups.js';

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
  /** What the graph is made from. */
  readonly options: TrainingGraphOptions;
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
  const options = graphOptions(network, settings, train, provider);
  const graph = trainingGraph(options);
  // What nobody could draw is refused before anything is loaded.
  const { random, rows } = stepGraph(graph);
  for (const input of random) randomShape(input, { [rows]: 1 });
  return {
    preprocessing,
    network,
    options,
    graph,
    features: transform(train),
    validationFeatures: validation && transform(validation),
    notes: [...network.notes, ...idleNotes(network, graph)],
  };
}

function idleNotes({ trainable }: TrainableNetwork, { state }: TrainingGraph): string[] {
  if (trainable === 'all') return [];
  const trained = new Set(state.map(({ name }) => name));
  const idle = trainable.filter((name) => !trained.has(name)).map((name) => ({ name }));
  return idle.length === 0 ? [] : [`the loss does not depend on ${listed(idle)}: it stays as it is`];
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
