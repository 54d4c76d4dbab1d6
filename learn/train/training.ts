/**
 * A training, one run at a time: whoever drives it decides after every run whether it goes on, pauses or stops. What the
 * next run does is a function of the state alone, so a training that goes on from a saved state ends with the same bytes; on a machine
 * with other kernels for convolutions, with the same but for rounding.
 */
import type { Tensor } from '../../runtime/tensor.js';
import { batchBounds, epochOrder, type FittedPreprocessing, gatherBatch, rowCount } from '../data/index.js';
import type { Device, NamedTensors } from '../device.js';
import { checkedLogits } from './checked-logits.js';
import { refuseDiverged } from './diverged.js';
import { afterEpoch } from './epoch-end.js';
import { trainingFigures, withRun } from './epoch-sums.js';
import { givenOut } from './given-out.js';
import { checkHalfPrecision } from './half-precision.js';
import { type TrainableNetwork, trainedNetwork } from './network.js';
import { type Prepared, prepare, type TrainingInput } from './prepare.js';
import { firstState, resumedState } from './resume.js';
import { ELEMENTS_A_RUN, RunLength } from './run-length.js';
import { identityOf } from './seen.js';
import { learningRateAt, type TrainingSettings } from './settings.js';
import type { EpochFigures, TrainingPosition, TrainingState } from './state.js';
import { StateTensors } from './state-tensors.js';
import { nextTensors, stepFeeds } from './step-feeds.js';
import { type StepGraph, stepGraph } from './step-graph.js';
import { StepSessions } from './step-sessions.js';
import type { TrainedModel } from './trained-model.js';
import { completesUpdate, updateOf, updatesPerEpoch } from './updates.js';
import { correctRows, validationFigures } from './validation.js';
import { Validator } from './validator.js';
import { wholeBatchGraph } from './whole-batches.js';

export type { TrainingInput };

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
  readonly device: Device;
  readonly steps: StepSessions;
  readonly validator: Validator | undefined;
}

/** A training under way. Holds sessions: release it. */
export class Training {
  readonly settings: TrainingSettings;
  readonly preprocessing: FittedPreprocessing;
  /** The graph for batches of any number of rows: the state belongs to it. */
  readonly graph: StepGraph;
  readonly stepsPerEpoch: number;
  /** What its user should know of the network, in sentences. */
  readonly notes: readonly string[];
  readonly #input: TrainingInput;
  readonly #network: TrainableNetwork;
  readonly #features: Tensor<'float32'>;
  readonly #steps: StepSessions;
  /** Where there are validation rows. */
  readonly #validator: Validator | undefined;
  /** Tensors of the model, by their names in it -> where the state has what is given out. */
  readonly #givenOut: ReadonlyMap<string, string>;
  readonly #runLength = new RunLength();
  readonly #tensors: StateTensors;
  #state: TrainingPosition;
  #order: { epoch: number; rows: Int32Array } | undefined;

  private constructor(
    input: TrainingInput,
    prepared: Prepared,
    { steps, validator, device }: Sessions,
    from: TrainingState | undefined,
  ) {
    this.#input = input;
    this.settings = input.settings;
    this.preprocessing = prepared.preprocessing;
    this.graph = stepGraph(prepared.graph);
    this.#network = prepared.network;
    this.#features = prepared.features;
    this.notes = prepared.notes;
    this.#givenOut = givenOut(this.graph);
    this.#steps = steps;
    this.#validator = validator;
    this.stepsPerEpoch = batchBounds(rowCount(input.train), input.settings.batchSize).length;
    const { tensors, ...position } = from
      ? resumedState(from, prepared.graph, input)
      : firstState(prepared.graph, input.settings);
    this.#tensors = new StateTensors(device, tensors);
    this.#state = position;
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
    const steps = await openSteps(device, prepared, input);
    try {
      const validator = await openValidator(device, prepared, input);
      return new Training(input, prepared, { device, steps, validator }, from);
    } catch (error) {
      await steps.release();
      throw error;
    }
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
    return skipped && Number(this.#tensors.small(skipped.name)!.data[0]);
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

  /** Epochs that are done. */
  get epoch(): number {
    return this.#state.epoch;
  }

  /** The state between the last run and the next one, read back from where it lies. Its tensors are never written to again. */
  async state(): Promise<TrainingState> {
    return { ...this.#state, tensors: await this.#tensors.read() };
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
    const parameters = chosen?.parameters ?? (await this.#parameters());
    this.#refuseDiverged(Object.values(parameters), 'a weight');
    const threshold = this.#validator?.threshold(await this.#logits(this.#validator, parameters));
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
    try {
      await this.#steps.release();
    } finally {
      await this.#validator?.release();
    }
  }

  /** How many steps the next run makes: whole batches, or the short one at the end of the epoch alone. */
  #stepsOfRun(limit: number): number {
    const { batchSize } = this.settings;
    const whole = Math.floor(rowCount(this.#input.train) / batchSize) - this.#state.step;
    const width = this.#features.data.length / rowCount(this.#input.train);
    const inMemory = Math.floor(ELEMENTS_A_RUN / (batchSize * width));
    return Math.max(1, Math.min(this.#runLength.steps, limit, whole, inMemory));
  }

  async #run(limit: number): Promise<TrainingProgress> {
    const { epoch, step, sums } = this.#state;
    const { batchSize, seed, accumulate } = this.settings;
    const { train, spec } = this.#input;
    const count = rowCount(train);
    if (this.#order?.epoch !== epoch) this.#order = { epoch, rows: epochOrder(seed, epoch, count) };
    const steps = this.#stepsOfRun(limit);
    const from = step * batchSize;
    const batch = gatherBatch(this.#features, train.labels, this.#order.rows, {
      from,
      to: Math.min(count, from + steps * batchSize),
    });
    const rows = batch.labels.data.length / steps;
    const completes = (index: number): boolean => completesUpdate(step + index, this.stepsPerEpoch, accumulate);
    const graph = this.#steps.graphOf(rows);
    const feeds = stepFeeds(graph, {
      batch,
      rates: Float32Array.from({ length: steps }, (_, index) => this.#rate(epoch, step + index)),
      completes,
      seed: spec.seed ?? seed,
      position: epoch * this.stepsPerEpoch + step,
      tensors: this.#tensors.fed,
    });
    const begin = performance.now();
    const results = await this.#steps.run(rows, steps, feeds);
    // A short batch, whose session may be a new one, says little of the others.
    if (rows === batchSize) this.#runLength.saw(steps, performance.now() - begin);
    const given = (name: string): Tensor => results[name] as Tensor;
    const { loss, logits, gradientNorm } = graph.outputs;
    this.#refuseDiverged([given(loss)], 'the loss');
    const losses = given(loss).data as Float32Array;
    const classes = train.classNames.length;
    const { data: labels } = batch.labels;
    const correct = correctRows(checkedLogits(given(logits), labels.length, classes), labels, classes);
    const norms = gradientNorm && (given(gradientNorm).data as Float32Array);
    this.#tensors.replace(nextTensors(graph, results));
    this.#state = {
      ...this.#state,
      step: step + steps,
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
    const { epoch, sums, history } = this.#state;
    const { validation } = this.#input;
    const parameters = await this.#parameters();
    const skipped = this.skippedSteps;
    const figures: EpochFigures = {
      epoch: epoch + 1,
      ...trainingFigures(sums),
      ...(this.#validator && validationFigures(await this.#logits(this.#validator, parameters), validation!)),
      learning_rate: this.#rate(epoch, 0),
      ...(skipped !== undefined && {
        skipped_steps: history.reduce((rest, earlier) => rest - (earlier['skipped_steps'] ?? 0), skipped),
      }),
    };
    const { state, best } = afterEpoch(this.#state, this.settings, { figures, parameters });
    this.#state = state;
    return { type: 'epoch', figures, progress: this.progress, best };
  }

  #refuseDiverged(tensors: readonly Pick<Tensor, 'data'>[], what: string): void {
    refuseDiverged(tensors, what, this.#state, this.settings);
  }

  /** What is validated, kept and given out: the averages of the weights where there are any, else the weights. */
  async #parameters(): Promise<Record<string, Tensor>> {
    const tensors = await this.#tensors.read();
    return Object.fromEntries([...this.#givenOut].map(([name, from]) => [name, tensors[from]!]));
  }

  /** [N, C] for the validation rows. */
  async #logits(validator: Validator, parameters: NamedTensors): Promise<Float32Array> {
    const logits = await validator.logits(parameters);
    this.#refuseDiverged([{ data: logits }], 'a logit of the validation rows');
    return logits;
  }
}

async function openSteps(
  device: Device,
  { graph: plain, options }: Prepared,
  { train, settings: { batchSize } }: TrainingInput,
): Promise<StepSessions> {
  const graph = await wholeBatchGraph(device, plain, options, { count: rowCount(train), batchSize });
  return StepSessions.open(device, { plain, ...(graph && { whole: { graph, batchSize } }) });
}

async function openValidator(
  device: Device,
  { graph, network: { model }, validationFeatures: features }: Prepared,
  { train: { classNames, positive }, validation }: TrainingInput,
): Promise<Validator | undefined> {
  if (!validation || !features) return undefined;
  const parameters = new Set(givenOut(graph).keys());
  const terms = { classes: classNames.length, ...(positive !== undefined && { positive }) };
  return Validator.open(
    device,
    { model, x: graph.inputs.x, parameters },
    { features, labels: validation.labels.data, ...terms },
  );
}
