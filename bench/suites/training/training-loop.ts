/** A training as a user of the package writes it: a training graph, a session, and the state of a step fed to the next. */
import * as ort from 'onnxruntime-node';
import type { DeviceTensor, Feeds, Provider } from '../../../learn/device.js';
import {
  type Checkpointing,
  type GraphSession,
  type NamedTensors,
  type Precision,
  type TrainingGraph,
  trainingGraph,
} from '../../../learn/index.js';
import { cpuLayoutOf } from '../../../learn/lowerings/blocked/block-size.js';
import { RunLength } from '../../../learn/train/run-length.js';
import { type StepGraph, stepGraph } from '../../../learn/train/step-graph.js';
import { StepsSession } from '../../../learn/train/steps-session.js';
import { Control, OwnedDevice, ThreadBudget } from '../../../runtime/index.js';
import { elementCount, type Tensor, tensor } from '../../../runtime/tensor.js';
import { sharedNow } from '../../harness/shared-time.js';
import { type BenchmarkNetwork, buildNetwork } from './networks.js';

export interface LoopOptions {
  readonly threads: number;
  readonly provider?: Provider;
  readonly precision?: Precision;
  readonly checkpointing?: Checkpointing;
  /** Keeps the present state alone, as a training in earnest does: it cannot begin anew, which everything else expects. */
  readonly endless?: boolean;
}

type State = Record<string, Tensor | DeviceTensor>;

/** What some steps took. */
export interface Timed {
  readonly steps: number;
  readonly seconds: number;
  /** Share of the time that was not spent within ONNX Runtime's `session.run`. */
  readonly outside: number;
}

export class TrainingLoop {
  readonly graph: StepGraph;
  readonly #session: GraphSession | StepsSession;
  readonly #device: OwnedDevice;
  readonly #native: { ms: number };
  readonly #feeds: readonly NamedTensors[];
  readonly #runLength = new RunLength();
  readonly #start: State | undefined;
  #state: State;
  /** Steps since the beginning. */
  #made = 0;

  private constructor(
    graph: StepGraph,
    start: { readonly state: State; readonly kept: boolean },
    device: OwnedDevice,
    session: GraphSession | StepsSession,
    native: { ms: number },
    feeds: readonly NamedTensors[],
  ) {
    this.graph = graph;
    this.#device = device;
    this.#session = session;
    this.#native = native;
    this.#feeds = feeds;
    this.#state = start.state;
    this.#start = start.kept ? start.state : undefined;
  }

  static async open(
    { network, optimizer, learningRate, batch }: BenchmarkNetwork,
    batches: readonly NamedTensors[],
    options: LoopOptions,
  ): Promise<TrainingLoop> {
    const { threads, provider = 'cpu', precision, checkpointing, endless = false } = options;
    const native = { ms: 0 };
    const surroundings = { control: new Control(), budget: new ThreadBudget(), provider, threads };
    const device = new OwnedDevice(timingRuns(native), surroundings);
    const cpuLayout = await cpuLayoutOf(device);
    const step = trainingGraph({
      model: buildNetwork(network),
      ...(cpuLayout && { batch, cpuLayout }),
      loss: { type: 'cross_entropy' },
      optimizer,
      provider,
      ...(precision && { precision }),
      ...(checkpointing && { checkpointing }),
    });
    // As the package's own training does it. On WebGPU the state stays on the device between runs, which a loop would not gain from.
    const session =
      provider === 'webgpu'
        ? await device.createSession(step.bytes, {
            ...step.session,
            outputsOnDevice: step.state.map(({ output }) => output),
          })
        : await StepsSession.open(device, step);
    const { labels, learningRate: rate } = step.inputs;
    const feeds = batches.map(({ labels: targets, ...inputs }) => ({
      ...inputs,
      [labels]: targets!,
      [rate]: tensor('float32', [], Float32Array.of(learningRate)),
    }));
    const start = { state: initialState(step), kept: !endless };
    const graph = session instanceof StepsSession ? session.graph : stepGraph(step);
    return new TrainingLoop(graph, start, device, session, native, feeds);
  }

  /** The weights and moments of the beginning, and the first batch next; an endless one goes on from where it is. */
  restart(): void {
    if (!this.#start) return;
    this.#replace({ ...this.#start });
    this.#made = 0;
  }

  /**
   * Makes so many steps and takes their time.
   * @param between is called after each run, and its time is not counted
   */
  async steps(count: number, between?: () => void): Promise<Timed> {
    let taken = 0;
    this.#native.ms = 0;
    for (let left = count; left > 0; ) {
      const steps = this.graph.steps === 'many' ? Math.min(left, this.#runLength.steps) : 1;
      const from = sharedNow();
      await this.#run(
        Array.from({ length: steps }, (_, step) => this.#feeds[(this.#made + step) % this.#feeds.length]!),
      );
      const milliseconds = sharedNow() - from;
      this.#runLength.saw(steps, milliseconds);
      taken += milliseconds;
      left -= steps;
      between?.();
    }
    return { steps: count, seconds: taken / 1000, outside: Math.max(0, 1 - this.#native.ms / taken) };
  }

  /** The losses of steps on one and the same batch. */
  async lossesOnOneBatch(count: number): Promise<number[]> {
    const losses: number[] = [];
    while (losses.length < count) losses.push(...Array.from((await this.#run([this.#feeds[0]!])).data, Number));
    return losses;
  }

  /** State tensors of that role, as they are now. */
  async state(role: TrainingGraph['state'][number]['role']): Promise<NamedTensors> {
    const wanted = this.graph.state.filter((entry) => entry.role === role).map(({ name }) => name);
    const values: NamedTensors = {};
    for (const name of wanted) {
      const value = this.#state[name]!;
      if ('data' in value) values[name] = value;
      else Object.assign(values, await this.#device.download({ [name]: value }));
    }
    return values;
  }

  async release(): Promise<void> {
    this.#replace({});
    await this.#device.release();
  }

  /** A step with each of the batches. @returns the loss, or the losses */
  async #run(batches: readonly NamedTensors[]): Promise<Tensor> {
    const { state, outputs, steps } = this.graph;
    const feeds: Record<string, Feeds[string]> = steps === 'many' ? stacked(batches) : { ...batches[0] };
    for (const { name, input } of state) feeds[input] = this.#state[name]!;
    const session = this.#session;
    const results: State =
      session instanceof StepsSession
        ? await session.run(batches.length, feeds as NamedTensors)
        : await session.runAndKeep(feeds).then(({ values, kept }) => ({ ...values, ...kept }));
    this.#replace(Object.fromEntries(state.map(({ name, output }) => [name, results[output]!])));
    this.#made += batches.length;
    return results[outputs.loss] as Tensor;
  }

  #replace(next: State): void {
    for (const value of Object.values(this.#state)) if ('release' in value) value.release();
    this.#state = next;
  }
}

function initialState({ state }: TrainingGraph): State {
  return Object.fromEntries(state.map(({ name, initial }) => [name, initial]));
}

/** Batches one behind the other along a new first axis, [steps, ...]. */
function stacked(batches: readonly NamedTensors[]): NamedTensors {
  return Object.fromEntries(
    Object.entries(batches[0]!).map(([name, { dtype, shape, data: only }]) => {
      if (batches.length === 1) return [name, { dtype, shape: [1, ...shape], data: only } as Tensor];
      const size = elementCount(shape);
      const data =
        dtype === 'int64' ? new BigInt64Array(batches.length * size) : new Float32Array(batches.length * size);
      for (const [step, batch] of batches.entries()) data.set(batch[name]!.data as never, step * size);
      return [name, { dtype, shape: [batches.length, ...shape], data } as Tensor];
    }),
  );
}

/** ONNX Runtime whose sessions add up the time they spend in `run`. */
function timingRuns(native: { ms: number }): typeof ort {
  const create = async (...args: Parameters<typeof ort.InferenceSession.create>): Promise<ort.InferenceSession> => {
    const session = await ort.InferenceSession.create(...args);
    const run = session.run.bind(session) as (...args: unknown[]) => ReturnType<typeof session.run>;
    session.run = async (...given: unknown[]) => {
      const from = sharedNow();
      try {
        return await run(...given);
      } finally {
        native.ms += sharedNow() - from;
      }
    };
    return session;
  };
  return { ...ort, InferenceSession: { create } } as typeof ort;
}
