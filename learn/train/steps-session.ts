/** A training graph, loaded: it makes as many steps a run as are asked for. */
import type { Device, Feeds, GraphSession } from '../device.js';
import { inLoop, type TrainingGraph } from '../training-graph/index.js';
import { runOneStep } from './one-step.js';
import { downloaded, stayingOnDevice } from './state-tensors.js';
import { type StepGraph, stepGraph } from './step-graph.js';

type Loaded = Pick<TrainingGraph, 'bytes' | 'session'>;

/**
 * The loop around a step is loaded when a run first makes several. Networks whose steps are long never need it, and pay for it: its state goes
 * through one copy more, 7 % of the time of a ResNet-18 with two threads, and 60 MB.
 */
export class StepsSession {
  /** What is fed and given: that of the graph in a loop. */
  readonly graph: StepGraph;
  readonly #device: Device;
  /** Until it is loaded. Not the whole graph, which has the first weights and moments. */
  #loop: Loaded | undefined;
  #session: GraphSession;

  private constructor(device: Device, loop: TrainingGraph, session: GraphSession) {
    this.#device = device;
    this.#loop = { bytes: loop.bytes, session: loop.session };
    this.#session = session;
    this.graph = stepGraph(loop);
  }

  static async open(device: Device, step: TrainingGraph): Promise<StepsSession> {
    const loop = inLoop(step);
    return new StepsSession(device, loop, await createSession(device, step, stepGraph(step)));
  }

  get provider(): string {
    return this.#session.provider;
  }

  /**
   * @param feeds of the graph in a loop: all but the state [steps, ...]
   * @returns the same of its outputs; the state stays on a GPU where that can be, until whoever gets it releases it or this
   */
  async run(steps: number, feeds: Feeds): Promise<Feeds> {
    if (steps > 1 && this.#loop) return this.#run(await this.#switchToLoop(this.#loop, feeds));
    return this.#loop ? runOneStep(this.graph, (one) => this.#run(one), feeds) : this.#run(feeds);
  }

  /** @returns the feeds without what the session before kept: that goes with it */
  async #switchToLoop(loop: Loaded, feeds: Feeds): Promise<Feeds> {
    const read = await downloaded(this.#device, feeds);
    this.#loop = undefined;
    // First, so that the two are never there together.
    await this.#session.release();
    this.#session = await createSession(this.#device, loop, this.graph);
    return read;
  }

  async #run(feeds: Feeds): Promise<Feeds> {
    if (stayingOnDevice(this.provider, this.graph.state).length === 0) return this.#session.run(feeds);
    const { values, kept } = await this.#session.runAndKeep(feeds);
    return { ...values, ...kept };
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}

function createSession(device: Device, { bytes, session }: Loaded, { state }: StepGraph): Promise<GraphSession> {
  const outputsOnDevice = stayingOnDevice(device.provider, state);
  return device.createSession(bytes, { ...session, ...(outputsOnDevice.length > 0 && { outputsOnDevice }) });
}
