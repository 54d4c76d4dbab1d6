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
import { type ModelProto, writeModel } from '../onnx/index.js';
import { random, STREAMS } from '../random.js';
import { inLoop, type TrainingGraph, withParameters } from '../training-graph/index.js';
import { better, waited } from './early-stopping.js';
import { TrainingError } from './errors.js';
import { evaluationGraph } from './evaluation-graph.js';
import { type Prepared, prepare, type TrainingInput } from './prepare.js';
import { RunLength } from './run-length.js';
import { learningRateAt, type TrainingSettings } from './settings.js';
import type { EpochFigures, TrainingState } from './state.js';
import type { TrainedModel } from './trained-model.js';
import { correctRows, softmaxRows, validationFigures } from './validation.js';

export type { TrainingInput };

/** Rows a validation run. */
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

/** A training under way. Holds two sessions: release it. */
export class Training {
  readonly settings: TrainingSettings;
  readonly preprocessing: FittedPreprocessing;
  readonly graph: TrainingGraph;
  readonly stepsPerEpoch: number;
  readonly #input: TrainingInput;
  readonly #network: ModelProto;
  readonly #features: Tensor<'float32'>;
  readonly #validationFeatures: Tensor<'float32'> | undefined;
  readonly #steps: GraphSession;
  readonly #validations: GraphSession;
  readonly #parameterNames: readonly string[];
  readonly #runLength = new RunLength();
  #state: TrainingState;
  #order: { epoch: number; rows: Int32Array } | undefined;

  private constructor(
    input: TrainingInput,
    prepared: Prepared,
    steps: GraphSession,
    validations: GraphSession,
    from?: TrainingState,
  ) {
    this.#input = input;
    this.settings = input.settings;
    this.preprocessing = prepared.preprocessing;
    this.graph = prepared.graph;
    this.#network = prepared.network;
    this.#features = prepared.features;
    this.#validationFeatures = prepared.validationFeatures;
    // Running statistics belong to the model as its parameters do.
    this.#parameterNames = prepared.graph.state.filter(belongsToModel).map(({ name }) => name);
    this.#steps = steps;
    this.#validations = validations;
    this.stepsPerEpoch = batchBounds(rowCount(input.train), input.settings.batchSize).length;
    this.#state = from ?? {
      graphHash: prepared.graph.hash,
      seed: input.settings.seed,
      epoch: 0,
      step: 0,
      tensors: Object.fromEntries(prepared.graph.state.map(({ name, initial }) => [name, initial])),
      sums: { loss: 0, correct: 0, rows: 0 },
      history: [],
      patience: { waited: 0 },
    };
  }

  /**
   * Fits the preprocessing, builds the network and its training graph, and loads them.
   * @param from the state to go on from
   * @throws DataError when the data cannot be used, TrainingError `leak` when training and validation rows overlap,
   * `state_mismatch` when the state belongs to another network, seed or batch size, `unknown_figure` when a figure needs
   * validation rows
   */
  static async open(device: Device, input: TrainingInput, from?: TrainingState): Promise<Training> {
    const prepared = prepare(input, device.provider);
    if (from && from.graphHash !== prepared.graph.hash) {
      throw new TrainingError(
        'state_mismatch',
        'the checkpoint belongs to another network, optimiser or data width: resume it with the settings it was made with',
      );
    }
    if (from) checkSchedule(from, input);
    const { bytes, session } = inLoop(prepared.graph);
    const steps = await device.createSession(bytes, session);
    const parameters = new Set(prepared.graph.state.filter(belongsToModel).map(({ name }) => name));
    const evaluation = writeModel(evaluationGraph(prepared.network, parameters));
    let validations: GraphSession;
    try {
      validations = await device.createSession(evaluation, sessionFor(device.provider, evaluation));
    } catch (error) {
      await steps.release();
      throw error;
    }
    return new Training(input, prepared, steps, validations, from);
  }

  get provider(): string {
    return this.#steps.provider;
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
      spec,
      network: writeModel(withParameters(this.#network, parameters)),
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
    const { batchSize } = this.settings;
    const whole = Math.floor(rowCount(this.#input.train) / batchSize) - this.#state.step;
    const width = this.#features.data.length / rowCount(this.#input.train);
    const inMemory = Math.floor(BATCH_ELEMENTS_A_RUN / (batchSize * width));
    return Math.max(1, Math.min(this.#runLength.steps, limit, whole, inMemory));
  }

  async #run(limit: number): Promise<TrainingProgress> {
    const { epoch, step, sums, tensors } = this.#state;
    const { batchSize, seed, epochs } = this.settings;
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
    const rates = Float32Array.from({ length: steps }, (_, index) =>
      learningRateAt(this.settings, position + index, epochs * this.stepsPerEpoch),
    );
    const { inputs, outputs, state } = this.graph;
    const rows = labels.data.length / steps;
    const feeds: NamedTensors = {
      [inputs.x]: tensor('float32', [steps, rows, ...features.shape.slice(1)], features.data),
      [inputs.labels]: tensor('int64', [steps, rows], labels.data),
      [inputs.learningRate]: tensor('float32', [steps], rates),
      ...this.#randomInputs(position, steps, rows),
    };
    for (const { name, input } of state) feeds[input] = tensors[name]!;
    const begin = performance.now();
    const results = await this.#steps.run(feeds);
    this.#runLength.saw(steps, performance.now() - begin);
    const losses = results[outputs.loss]!.data as Float32Array;
    this.#refuseDiverged([results[outputs.loss]!], 'the loss');
    const correct = correctRows(results[outputs.logits]!.data as Float32Array, labels.data, train.classNames.length);
    // Added one by one, as single steps would add them: a sum of floating-point numbers depends on its order.
    const lossSum = losses.reduce((sum, loss) => sum + loss * rows, sums.loss);
    this.#state = {
      ...this.#state,
      step: step + steps,
      tensors: Object.fromEntries(state.map(({ name, output }) => [name, results[output]!])),
      sums: { loss: lossSum, correct: sums.correct + correct, rows: sums.rows + labels.data.length },
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

  /** Masks of dropout: element k of random input i in step s is draw k of its own stream, whoever computes it. */
  #randomInputs(position: number, steps: number, rows: number): NamedTensors {
    const { random: inputs } = this.graph;
    const seed = this.#input.spec.seed ?? this.settings.seed;
    return Object.fromEntries(
      inputs.map(({ input, shape, keep }, index) => {
        const extents = shape.map((extent) => (typeof extent === 'number' ? extent : rows));
        const size = extents.reduce((product, extent) => product * extent, 1);
        const mask = new Float32Array(steps * size);
        const scale = 1 / keep;
        for (let step = 0; step < steps; step++) {
          const draws = random(seed, STREAMS.dropout, (position + step) * inputs.length + index);
          const end = (step + 1) * size;
          for (let element = step * size; element < end; element++) mask[element] = draws.uniform() < keep ? scale : 0;
        }
        return [input, tensor('float32', [steps, ...extents], mask)];
      }),
    );
  }

  async #endEpoch(): Promise<TrainingProgress> {
    const { epoch, sums, history, best, patience } = this.#state;
    const { monitor, earlyStopping, epochs } = this.settings;
    const validation = this.#input.validation;
    const figures: Record<string, number> = {
      epoch: epoch + 1,
      train_loss: sums.loss / sums.rows,
      train_acc: (100 * sums.correct) / sums.rows,
      ...(validation && validationFigures(await this.#logits(this.#parameters()), validation)),
      learning_rate: learningRateAt(this.settings, epoch * this.stepsPerEpoch, epochs * this.stepsPerEpoch),
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
      sums: { loss: 0, correct: 0, rows: 0 },
      history: [...history, figures],
      ...(isBest && { best: { epoch: epoch + 1, value, parameters: this.#parameters() } }),
      patience: stopping ?? patience,
      ...(stopped ? { finished: 'early_stopping' as const } : last ? { finished: 'epochs' as const } : {}),
    };
    return { type: 'epoch', figures, progress: this.progress, best: isBest };
  }

  /** A step can leave weights that are no numbers behind although its own loss, computed before, was one. */
  #refuseDiverged(tensors: readonly Tensor[], what: string): void {
    for (const { data } of tensors) {
      const bad = (data as Float32Array).find((value) => !Number.isFinite(value));
      if (bad === undefined) continue;
      const { epoch, step } = this.#state;
      throw new TrainingError(
        'diverged',
        `${what} became ${bad} after ${epoch} epochs and ${step} steps: lower the learning rate (${this.settings.learningRate}), or set clip_norm`,
      );
    }
  }

  #parameters(): Record<string, Tensor> {
    return Object.fromEntries(this.#parameterNames.map((name) => [name, this.#state.tensors[name]!]));
  }

  /** [N, C] for the validation rows. */
  async #logits(parameters: NamedTensors): Promise<Float32Array> {
    const { data, shape } = this.#validationFeatures!;
    const [count = 0, width = 0] = shape;
    const classes = this.#input.train.classNames.length;
    const logits = new Float32Array(count * classes);
    for (let from = 0; from < count; from += VALIDATION_ROWS) {
      const to = Math.min(count, from + VALIDATION_ROWS);
      const x = tensor('float32', [to - from, width], data.slice(from * width, to * width));
      const results = await this.#validations.run({ x, ...parameters });
      logits.set(Object.values(results)[0]!.data as Float32Array, from * classes);
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

function belongsToModel({ role }: TrainingGraph['state'][number]): boolean {
  return role === 'parameter' || role === 'statistic';
}

/** A state goes on with the rows in the order in which it began its epoch. */
function checkSchedule(from: TrainingState, { train, settings }: TrainingInput): void {
  const done = Math.min(rowCount(train), from.step * settings.batchSize);
  const changed = from.seed !== settings.seed ? 'seed' : from.sums.rows !== done ? 'batch_size' : undefined;
  if (changed === undefined) return;
  throw new TrainingError(
    'state_mismatch',
    `the checkpoint was made with another ${changed}, which decides the order of the rows in the middle of epoch ${from.epoch + 1}: resume it with the ${changed} it was made with`,
  );
}

/** The rows and patients of several data sets together. */
function identityOf(datasets: readonly Dataset[]): RowIdentity {
  const rowHashes = BigUint64Array.from(datasets.flatMap((dataset) => [...dataset.rowHashes]));
  const withPatients = datasets.filter((dataset) => dataset.groupHashes !== undefined);
  if (withPatients.length === 0) return { rowHashes };
  return { rowHashes, groupHashes: BigUint64Array.from(withPatients.flatMap((dataset) => [...dataset.groupHashes!])) };
}
