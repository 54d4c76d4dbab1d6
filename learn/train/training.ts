/**
 * A training, one run at a time: whoever drives it decides after every run whether it goes on, pauses or stops. What the
 * next run does is a function of the state alone, so a training that goes on from a saved state ends with the same bytes.
 */
import { type Tensor, tensor } from '../../runtime/tensor.js';
import {
  batchBounds,
  type Dataset,
  epochOrder,
  type FittedPreprocessing,
  gatherBatch,
  type RowIdentity,
  rowCount,
} from '../data/index.js';
import type { Device, GraphSession, NamedTensors } from '../device.js';
import { sessionFor } from '../lowerings/webgpu-faults.js';
import { youdenThreshold } from '../metrics/index.js';
import { OnnxError, writeModel } from '../onnx/index.js';
import { nextPlateau } from '../schedules/index.js';
import { inLoop, type TrainingGraph } from '../training-graph/index.js';
import { better, waited } from './early-stopping.js';
import { NO_SUMS, trainingFigures, withRun } from './epoch-sums.js';
import { TrainingError } from './errors.js';
import { evaluationGraph } from './evaluation-graph.js';
import { checkHalfPrecision } from './half-precision.js';
import { dropoutMasks } from './masks.js';
import { type TrainableNetwork, trainedNetwork } from './network.js';
import { type Prepared, prepare, rowsOf, type TrainingInput } from './prepare.js';
import { firstState, resumedState } from './resume.js';
import { RunLength } from './run-length.js';
import { learningRateAt, type TrainingSettings } from './settings.js';
import type { EpochFigures, TrainingState } from './state.js';
import type { TrainedModel } from './trained-model.js';
import { completesUpdate, updateOf, updatesPerEpoch } from './updates.js';
import { correctRows, softmaxRows, validationFigures } from './validation.js';

export type { TrainingInput };

/** The most rows a validation run. */
const VALIDATION_ROWS = 4096;

/** Numbers that the batches of one run hold together: 16 MB. */
const BATCH_ELEMENTS_A_RUN = 2 ** 22;

/** What a run brought about. */
export type TrainingProgress =
  | {
      readonly type: 'batch';
      readonly epoch: number;
      /** The last batch of the run, from 1 in its epoch. */
      readonly batch: number;
      /** Steps that the run made. */
      readonly steps: number;
      readonly totalBatches: number;
      readonly loss: number;
      readonly progress: number;
    }
  | { readonly type: 'epoch'; readonly figures: EpochFigures; readonly progress: number; readonly best: boolean }
  | { readonly type: 'finished'; readonly reason: 'epochs' | 'early_stopping' };

interface Sessions {
  readonly steps: GraphSession;
  readonly validations: GraphSession;
  /** Whether a run makes several steps. */
  readonly inLoop: boolean;
}

/** A training under way. Holds two sessions: release it. */
export class Training {
  readonly settings: TrainingSettings;
  readonly preprocessing: FittedPreprocessing;
  readonly graph: TrainingGraph;
  readonly stepsPerEpoch: number;
  /** What its user should know of the network, in sentences. */
  readonly notes: readonly string[];
  readonly #input: TrainingInput;
  readonly #network: TrainableNetwork;
  readonly #features: Tensor<'float32'>;
  readonly #validationFeatures: Tensor<'float32'> | undefined;
  readonly #steps: GraphSession;
  readonly #validations: GraphSession;
  readonly #inLoop: boolean;
  /** Tensors of the model, by their names in it -> where the state has what is given out. */
  readonly #givenOut: ReadonlyMap<string, string>;
  readonly #runLength = new RunLength();
  #state: TrainingState;
  #order: { epoch: number; rows: Int32Array } | undefined;

  private constructor(
    input: TrainingInput,
    prepared: Prepared,
    { steps, validations, inLoop }: Sessions,
    from?: TrainingState,
  ) {
    this.#input = input;
    this.settings = input.settings;
    this.preprocessing = prepared.preprocessing;
    this.graph = prepared.graph;
    this.#network = prepared.network;
    this.#features = prepared.features;
    this.#validationFeatures = prepared.validationFeatures;
    this.notes = prepared.notes;
    this.#givenOut = givenOut(prepared.graph);
    this.#steps = steps;
    this.#validations = validations;
    this.#inLoop = inLoop;
    this.stepsPerEpoch = batchBounds(rowCount(input.train), input.settings.batchSize).length;
    this.#state = from ? resumedState(from, prepared.graph, input) : firstState(prepared.graph, input.settings);
  }

  /**
   * Fits the preprocessing, builds the network and its training graph, and loads them.
   * @param from the state to go on from
   * @throws DataError when the data cannot be used, TrainingError `leak` when training and validation rows overlap,
   * `state_mismatch` when the state belongs to another network, seed or batch size, `unknown_figure` when a figure needs
   * validation rows, `unusable_network` when a network from a file does not fit the data, `unusable_precision` when the device has no float16; OnnxError when it cannot be trained
   */
  static async open(device: Device, input: TrainingInput, from?: TrainingState): Promise<Training> {
    const prepared = prepare(input, device.provider);
    // Before anything is loaded.
    if (from) resumedState(from, prepared.graph, input);
    if (input.settings.precision === 'mixed') await checkHalfPrecision(device);
    const several = severalSteps(prepared.graph);
    const steps = await device.createSession(several.bytes, several.session);
    const evaluation = writeModel(evaluationGraph(prepared.network.model, new Set(givenOut(prepared.graph).keys())));
    let validations: GraphSession;
    try {
      validations = await device.createSession(evaluation, sessionFor(device.provider, evaluation));
    } catch (error) {
      await steps.release();
      throw error;
    }
    return new Training(input, prepared, { steps, validations, inLoop: several.steps !== undefined }, from);
  }

  get provider(): string {
    return this.#steps.provider;
  }

  /** What is computed or kept in another precision than float32, in words. */
  get precision(): string {
    return this.graph.precision;
  }

  /** Updates that were left out because gradients overflowed; `undefined` where that cannot happen. */
  get skippedSteps(): number | undefined {
    const skipped = this.graph.state.find(({ role }) => role === 'skipped');
    return skipped && Number(this.#state.tensors[skipped.name]!.data[0]);
  }

  get history(): readonly EpochFigures[] {
    return this.#state.history;
  }

  /** Done of the whole, 0..100. */
  get progress(): number {
    const { epoch, step, finished } = this.#state;
    if (finished) return 100;
    return Math.min(100, (100 * (epoch * this.stepsPerEpoch + step)) / (this.settings.epochs * this.stepsPerEpoch));
  }

  /** The state between the last run and the next one. Its tensors are never written to again. */
  state(): TrainingState {
    return this.#state;
  }

  /**
   * Makes the next run: a few steps, or the validation that ends an epoch. How many steps depends on how long they take; what they
   * compute does not depend on how many they are.
   * @param limit the most steps, where somebody wants the state after a certain one
   */
  async next(limit = Number.POSITIVE_INFINITY): Promise<TrainingProgress> {
    const { finished, epoch, step } = this.#state;
    if (finished) return { type: 'finished', reason: finished };
    if (epoch >= this.settings.epochs) {
      this.#state = { ...this.#state, finished: 'epochs' };
      return { type: 'finished', reason: 'epochs' };
    }
    return step < this.stepsPerEpoch ? this.#run(limit) : this.#endEpoch();
  }

  /** The model as it stands: the best epoch's weights where the settings ask for them and there is one, else the present ones. */
  async model(): Promise<TrainedModel> {
    const { spec, train, validation } = this.#input;
    const { best, epoch } = this.#state;
    const chosen = this.settings.keepBest ? best : undefined;
    const parameters = chosen?.parameters ?? this.#parameters();
    this.#refuseDiverged(Object.values(parameters), 'a weight');
    const threshold = await this.#validationThreshold(parameters);
    return {
      kind: 'model',
      ...trainedNetwork(spec, this.#network, parameters),
      preprocessing: this.preprocessing,
      columns: train.columns,
      classNames: train.classNames,
      ...(train.positive !== undefined && { positive: train.positive }),
      seen: identityOf(validation ? [train, validation] : [train]),
      ...(threshold !== undefined && { validationThreshold: threshold }),
      epoch: chosen?.epoch ?? epoch,
      trainedEpochs: epoch,
    };
  }

  async release(): Promise<void> {
    await this.#steps.release();
    await this.#validations.release();
  }

  /** How many steps the next run makes: whole batches, or the short one at the end of the epoch alone. */
  #stepsOfRun(limit: number): number {
    if (!this.#inLoop) return 1;
    const { batchSize } = this.settings;
    const whole = Math.floor(rowCount(this.#input.train) / batchSize) - this.#state.step;
    const width = this.#features.data.length / rowCount(this.#input.train);
    const inMemory = Math.floor(BATCH_ELEMENTS_A_RUN / (batchSize * width));
    return Math.max(1, Math.min(this.#runLength.steps, limit, whole, inMemory));
  }

  async #run(limit: number): Promise<TrainingProgress> {
    const { epoch, step, sums, tensors } = this.#state;
    const { batchSize, seed } = this.settings;
    const { train } = this.#input;
    const count = rowCount(train);
    if (this.#order?.epoch !== epoch) this.#order = { epoch, rows: epochOrder(seed, epoch, count) };
    const steps = this.#stepsOfRun(limit);
    const from = step * batchSize;
    const { features, labels } = gatherBatch(this.#features, train.labels, this.#order.rows, {
      from,
      to: Math.min(count, from + steps * batchSize),
    });
    const position = epoch * this.stepsPerEpoch + step;
    const { accumulate } = this.settings;
    const completes = (index: number): boolean => completesUpdate(step + index, this.stepsPerEpoch, accumulate);
    const rates = Float32Array.from({ length: steps }, (_, index) => this.#rate(epoch, step + index));
    const { inputs, outputs, state, random } = this.graph;
    const rows = labels.data.length / steps;
    const given: NamedTensors = {
      [inputs.x]: tensor('float32', [steps, rows, ...features.shape.slice(1)], features.data),
      [inputs.labels]: tensor('int64', [steps, rows], labels.data),
      [inputs.learningRate]: tensor('float32', [steps], rates),
      ...dropoutMasks(random, {
        seed: this.#input.spec.seed ?? seed,
        position,
        steps,
        extents: { [rowsOf(this.graph)]: rows },
      }),
      ...(inputs.apply && {
        [inputs.apply]: tensor(
          'bool',
          [steps],
          Uint8Array.from({ length: steps }, (_, index) => Number(completes(index))),
        ),
      }),
    };
    const feeds = this.#inLoop ? given : withoutSteps(given);
    for (const { name, input } of state) feeds[input] = tensors[name]!;
    const begin = performance.now();
    const results = await this.#steps.run(feeds);
    this.#runLength.saw(steps, performance.now() - begin);
    const losses = results[outputs.loss]!.data as Float32Array;
    this.#refuseDiverged([results[outputs.loss]!], 'the loss');
    const { classNames } = train;
    const logits = this.#checkedLogits(results[outputs.logits]!, labels.data.length);
    const correct = correctRows(logits, labels.data, classNames.length);
    const norms = outputs.gradientNorm && (results[outputs.gradientNorm]!.data as Float32Array);
    this.#state = {
      ...this.#state,
      step: step + steps,
      tensors: Object.fromEntries(state.map(({ name, output }) => [name, results[output]!])),
      sums: withRun(sums, { losses, rows, correct, completes, ...(norms && { norms }) }),
    };
    return {
      type: 'batch',
      epoch: epoch + 1,
      batch: step + steps,
      steps,
      totalBatches: this.stepsPerEpoch,
      loss: losses.at(-1)!,
      progress: this.progress,
    };
  }

  /** The learning rate of a batch, from 0 in its epoch. */
  #rate(epoch: number, batch: number): number {
    const { accumulate, epochs } = this.settings;
    const perEpoch = updatesPerEpoch(this.stepsPerEpoch, accumulate);
    const update = epoch * perEpoch + updateOf(batch, accumulate);
    return learningRateAt(this.settings, update, epochs * perEpoch, this.#state.plateau);
  }

  async #endEpoch(): Promise<TrainingProgress> {
    const { epoch, sums, history, best, patience, plateau } = this.#state;
    const { monitor, earlyStopping, epochs, schedule } = this.settings;
    const validation = this.#input.validation;
    const skipped = this.skippedSteps;
    const figures: Record<string, number> = {
      epoch: epoch + 1,
      ...trainingFigures(sums),
      ...(validation && validationFigures(await this.#logits(this.#parameters()), validation)),
      learning_rate: this.#rate(epoch, 0),
      ...(skipped !== undefined && {
        skipped_steps: history.reduce((rest, earlier) => rest - (earlier['skipped_steps'] ?? 0), skipped),
      }),
    };
    const value = figures[monitor.name];
    const isBest = value !== undefined && (best === undefined || better(value, best.value, monitor.mode));
    const stopping = earlyStopping && waited(earlyStopping, patience, figures[earlyStopping.monitor]);
    const last = epoch + 1 >= epochs;
    const stopped = stopping !== undefined && earlyStopping !== undefined && stopping.waited >= earlyStopping.patience;
    this.#state = {
      ...this.#state,
      epoch: epoch + 1,
      step: 0,
      sums: NO_SUMS,
      history: [...history, figures],
      ...(plateau &&
        schedule.type === 'reduce_on_plateau' && {
          plateau: {
            ...nextPlateau(schedule, plateau, figures[schedule.figure ?? monitor.name] ?? Number.NaN),
            begunWith: plateau.begunWith,
          },
        }),
      ...(isBest && { best: { epoch: epoch + 1, value, parameters: this.#parameters() } }),
      patience: stopping ?? patience,
      ...(stopped ? { finished: 'early_stopping' as const } : last ? { finished: 'epochs' as const } : {}),
    };
    return { type: 'epoch', figures, progress: this.progress, best: isBest };
  }

  /** A network from a file may do to its batch axis what it likes. @returns [rows, C] */
  #checkedLogits({ data }: Tensor, rows: number): Float32Array {
    const classes = this.#input.train.classNames.length;
    if (data.length === rows * classes) return data as Float32Array;
    throw new TrainingError(
      'unusable_network',
      `the network gave ${data.length} logits for ${rows} rows and ${classes} classes: it does not treat each row by itself; export it with a dynamic batch`,
    );
  }

  /** A step can leave weights that are no numbers behind although its own loss, computed before, was one. */
  #refuseDiverged(tensors: readonly Tensor[], what: string): void {
    for (const { data } of tensors) {
      const bad = (data as Float32Array).find((value) => !Number.isFinite(value));
      if (bad === undefined) continue;
      const { epoch, step } = this.#state;
      throw new TrainingError(
        'diverged',
        `${what} became ${bad} after ${epoch} epochs and ${step} steps: lower the learning rate (${this.settings.learningRate}), or set clip_norm${this.settings.precision === 'mixed' ? ', or leave out use_amp' : ''}`,
      );
    }
  }

  /** What is validated, kept and given out: the averages of the weights where there are any, else the weights. */
  #parameters(): Record<string, Tensor> {
    return Object.fromEntries([...this.#givenOut].map(([name, from]) => [name, this.#state.tensors[from]!]));
  }

  /** [N, C] for the validation rows. */
  async #logits(parameters: NamedTensors): Promise<Float32Array> {
    const { data, shape } = this.#validationFeatures!;
    const [count = 0, width = 0] = shape;
    const classes = this.#input.train.classNames.length;
    const logits = new Float32Array(count * classes);
    const rows = Math.max(1, Math.min(VALIDATION_ROWS, Math.floor(BATCH_ELEMENTS_A_RUN / width)));
    for (let from = 0; from < count; from += rows) {
      const to = Math.min(count, from + rows);
      const x = tensor('float32', [to - from, width], data.slice(from * width, to * width));
      const results = await this.#validations.run({ [this.graph.inputs.x]: x, ...parameters });
      logits.set(this.#checkedLogits(Object.values(results)[0]!, to - from), from * classes);
    }
    this.#refuseDiverged([tensor('float32', [count, classes], logits)], 'a logit of the validation rows');
    return logits;
  }

  async #validationThreshold(parameters: NamedTensors): Promise<number | undefined> {
    const { validation, train } = this.#input;
    if (!validation || train.positive === undefined || train.classNames.length !== 2) return undefined;
    const probabilities = softmaxRows(await this.#logits(parameters), 2);
    const positive = train.positive;
    const labels = validation.labels.data;
    const scores = Float64Array.from(labels, (_, row) => probabilities[row * 2 + positive]!);
    return youdenThreshold(
      scores,
      Uint8Array.from(labels, (label) => (label === positive ? 1 : 0)),
    )?.threshold;
  }
}

/** Parameters and running statistics belong to the model; where a parameter is averaged, the average does. */
function givenOut({ state }: TrainingGraph): Map<string, string> {
  const named = (role: string) => state.filter((entry) => entry.role === role).map(({ name }) => name);
  const [parameters, averages, statistics] = [named('parameter'), named('average'), named('statistic')];
  return new Map([
    ...parameters.map((name, index) => [name, averages[index] ?? name] as const),
    ...statistics.map((name) => [name, name] as const),
  ]);
}

/** The graph with a loop around its step; as it is where its own graphs inside nodes forbid that. */
function severalSteps(graph: TrainingGraph): TrainingGraph {
  try {
    return inLoop(graph);
  } catch (error) {
    if (error instanceof OnnxError) return graph;
    throw error;
  }
}

function withoutSteps(feeds: NamedTensors): NamedTensors {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, { dtype, shape, data }]) => [name, tensor(dtype, shape.slice(1), data)]),
  );
}

/** The rows and patients of several data sets together. */
function identityOf(datasets: readonly Dataset[]): RowIdentity {
  const rowHashes = BigUint64Array.from(datasets.flatMap((dataset) => [...dataset.rowHashes]));
  const withPatients = datasets.filter((dataset) => dataset.groupHashes !== undefined);
  if (withPatients.length === 0) return { rowHashes };
  return { rowHashes, groupHashes: BigUint64Array.from(withPatients.flatMap((dataset) => [...dataset.groupHashes!])) };
}
