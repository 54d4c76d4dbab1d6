/** The session for the short batch at the end of an epoch, where whole batches have one of their own. */
import type { Device, Feeds, GraphSession } from '../device.js';
import { inLoop, type TrainingGraph } from '../training-graph/index.js';
import { runOneStep } from './one-step.js';
import { type StepGraph, stepGraph } from './step-graph.js';

/** To load the graph again may take this share of the time between two short batches. */
const SHARE_OF_LOADING = 0.05;

/**
 * Loads its graph when a batch needs it. Every session has memory of its own for what lies between its nodes, 0.3 GB for a ResNet-18
 * with images of 64 x 64, and the validation comes next: so it is released after the batch, unless the epochs are so short that
 * loading it in each of them would be felt. Such networks are small.
 */
export class ShortBatches {
  /** What is fed and given: one step as a graph in a loop has it. */
  readonly graph: StepGraph;
  readonly #device: Device;
  readonly #bytes: Uint8Array;
  readonly #now: () => number;
  #session: GraphSession | undefined;
  /** When the batch before this one was done; at first, when the training was opened. In ms. */
  #before: number;
  /** What loading took, in ms. */
  #loading = 0;

  /** @param now a clock, in ms */
  constructor(device: Device, step: TrainingGraph, now: () => number) {
    this.graph = stepGraph(inLoop(step));
    this.#device = device;
    this.#bytes = step.bytes;
    this.#now = now;
    this.#before = now();
  }

  async run(feeds: Feeds): Promise<Feeds> {
    const session = this.#session ?? (await this.#load());
    const results = await runOneStep(this.graph, (one) => session.run(one), feeds);
    const now = this.#now();
    const between = now - this.#before;
    this.#before = now;
    if (this.#loading <= SHARE_OF_LOADING * between) await this.release();
    return results;
  }

  async release(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.release();
  }

  async #load(): Promise<GraphSession> {
    const begin = this.#now();
    this.#session = await this.#device.createSession(this.#bytes, this.graph.session);
    this.#loading = this.#now() - begin;
    return this.#session;
  }
}
