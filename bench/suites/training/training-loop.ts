/** A training as a user of the package writes it: a training graph, a session, and the state of a step fed to the next. */
import * as ort from 'onnxruntime-node';
import type { DeviceTensor, Feeds, Provider } from '../../../learn/device.js';
import {
  type Checkpointing,
  type GraphSession,
  inLoop,
  type NamedTensors,
  type Precision,
  type TrainingGraph,
  trainingGraph,
} from '../../../learn/index.js';
import { cpuLayoutOf } from '../../../learn/lowerings/blocked/block-size.js';
import { Control, OwnedDevice, ThreadBudget } from '../../../runtime/index.js';
import { elementCount, type Tensor, tensor } from '../../../runtime/tensor.js';
import { sharedNow } from '../../harness/shared-time.js';
import { type BenchmarkNetwork, buildNetwork } from './networks.js';

export interface LoopOptions {
  readonly threads: number;
  readonly provider?: Provider;
  readonly precision?: Precision;
  readonly checkpointing?: Checkpointing;
}

/** Steps in one run where state cannot stay on the device between runs. */
const STEPS_PER_LOOP = 8;

type State = Record<string, Tensor | DeviceTensor>;

/** What some steps took. */
export interface Timed {
  readonly steps: number;
  readonly seconds: number;
  /** Share of the time that was not spent within ONNX Runtime's `session.run`. */
  readonly outside: number;
}

export class TrainingLoop {
  readonly graph: TrainingGraph;
  readonly stepsPerRun: number;
  readonly #session: GraphSession;
  readonly #device: OwnedDevice;
  readonly #native: { ms: number };
  readonly #feeds: readonly NamedTensors[];
  #state: State;
  #runs = 0;

  private constructor(
    graph: TrainingGraph,
    device: OwnedDevice,
    session: GraphSession,
    native: { ms: number },
    feeds: readonly NamedTensors[],
  ) {
    this.graph = graph;
    this.stepsPerRun = graph.steps === 'many' ? STEPS_PER_LOOP : 1;
    this.#device = device;
    this.#session = session;
    this.#native = native;
    this.#feeds = feeds;
    this.#state = initialState(graph);
  }

  static async open(
    { network, optimizer, learningRate, batch }: BenchmarkNetwork,
    batches: readonly NamedTensors[],
    options: LoopOptions,
  ): Promise<TrainingLoop> {
    const { threads, provider = 'cpu', precision, checkpointing } = options;
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
    // The binding cannot leave CUDA's tensors where they are: there the steps go round inside a run.
    const graph = provider === 'cuda' ? inLoop(step) : step;
    const session = await device.createSession(graph.bytes, {
      ...graph.session,
      outputsOnDevice: graph.state.map(({ output }) => output),
    });
    const { labels, learningRate: rate } = graph.inputs;
    const feeds = batches.map(({ labels: targets, ...inputs }) => ({
      ...inputs,
      [labels]: targets!,
      [rate]: tensor('float32', [], Float32Array.of(learningRate)),
    }));
    const shaped = graph.steps === 'many' ? [inTurns(feeds, STEPS_PER_LOOP)] : feeds;
    return new TrainingLoop(graph, device, session, native, shaped);
  }

  /** The weights and moments of the beginning, and the first batch next. */
  restart(): void {
    this.#replace(initialState(this.graph));
    this.#runs = 0;
  }

  /**
   * Makes so many steps and takes their time.
   * @param between is called after each run, and its time is not counted
   */
  async steps(count: number, between?: () => void): Promise<Timed> {
    let taken = 0;
    this.#native.ms = 0;
    const runs = Math.ceil(count / this.stepsPerRun);
    for (let run = 0; run < runs; run++) {
      const from = sharedNow();
      await this.#run();
      taken += sharedNow() - from;
      between?.();
    }
    return {
      steps: runs * this.stepsPerRun,
      seconds: taken / 1000,
      outside: Math.max(0, 1 - this.#native.ms / taken),
    };
  }

  /** The losses of steps on one and the same batch. */
  async lossesOnOneBatch(count: number): Promise<number[]> {
    const losses: number[] = [];
    while (losses.length < count) {
      const { data } = await this.#run(0);
      losses.push(...Array.from(data, Number).slice(0, count - losses.length));
      if (this.graph.steps === 'many') break;
    }
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

  /** @returns the loss, or the losses */
  async #run(batch = this.#runs++ % this.#feeds.length): Promise<Tensor> {
    const { state, outputs } = this.graph;
    const feeds: Record<string, Feeds[string]> = { ...this.#feeds[batch] };
    for (const { name, input } of state) feeds[input] = this.#state[name]!;
    const { values, kept } = await this.#session.runAndKeep(feeds);
    this.#replace(Object.fromEntries(state.map(({ name, output }) => [name, kept[output]!])));
    return values[outputs.loss]!;
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
function inTurns(feeds: readonly NamedTensors[], steps: number): NamedTensors {
  const stacked: NamedTensors = {};
  for (const [name, { dtype, shape }] of Object.entries(feeds[0]!)) {
    const size = elementCount(shape);
    const data = dtype === 'int64' ? new BigInt64Array(steps * size) : new Float32Array(steps * size);
    for (let step = 0; step < steps; step++) data.set(feeds[step % feeds.length]![name]!.data as never, step * size);
    stacked[name] = { dtype, shape: [steps, ...shape], data };
  }
  return stacked;
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
