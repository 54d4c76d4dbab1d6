/** A training graph, loaded: it makes as many steps a run as are asked for. */
import type { Device, GraphSession, NamedTensors } from '../device.js';
import { inLoop, type TrainingGraph } from '../training-graph/index.js';
import { runOneStep } from './one-step.js';
import { type StepGraph, stepGraph } from './step-graph.js';

/**
 * The loop around a step is loaded when a run first makes several. Networks whose steps are long never need it, and pay for it: its state goes
 * through one copy more, 7 % of the time of a ResNet-18 with two threads, and 60 MB.
 */
export class StepsSession {
  /** What is fed and given: that of the graph in a loop. */
  readonly graph: StepGraph;
  readonly #device: Device;
  /** Until it is loaded. Not the whole graph, which has the first weights and moments. */
  #loop: Pick<TrainingGraph, 'bytes' | 'session'> | undefined;
  #session: GraphSession;

  private constructor(device: Device, loop: TrainingGraph, session: GraphSession) {
    this.#device = device;
    this.#loop = { bytes: loop.bytes, session: loop.session };
    this.#session = session;
    this.graph = stepGraph(loop);
  }

  static async open(device: Device, step: TrainingGraph): Promise<StepsSession> {
    const loop = inLoop(step);
    return new StepsSession(device, loop, await device.createSession(step.bytes, step.session));
  }

  get provider(): string {
    return this.#session.provider;
  }

  /** @param feeds of the graph in a loop: all but the state [steps, ...] */
  async run(steps: number, feeds: NamedTensors): Promise<NamedTensors> {
    if (steps > 1 && this.#loop) {
      const { bytes, session } = this.#loop;
      this.#loop = undefined;
      // First, so that the two are never there together.
      await this.#session.release();
      this.#session = await this.#device.createSession(bytes, session);
    }
    return this.#loop ? runOneStep(this.graph, this.#session, feeds) : this.#session.run(feeds);
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}
