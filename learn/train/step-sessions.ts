/** The sessions that make the steps: one for batches of any number of rows, or one for whole batches and one for the short ones. */
import type { Device, Feeds } from '../device.js';
import type { TrainingGraph } from '../training-graph/index.js';
import { ShortBatches } from './short-batches.js';
import type { StepGraph } from './step-graph.js';
import { StepsSession } from './steps-session.js';

/** The graphs that make the steps. */
export interface StepGraphs {
  /** Takes any number of rows. */
  readonly plain: TrainingGraph;
  /** Takes batches of so many rows and no others; its state is that of the plain one. */
  readonly whole?: { readonly graph: TrainingGraph; readonly batchSize: number };
}

/** Holds one or two sessions: release it. */
export class StepSessions {
  readonly #steps: StepsSession;
  readonly #batchSize: number | undefined;
  readonly #short: ShortBatches | undefined;

  private constructor(steps: StepsSession, batchSize?: number, short?: ShortBatches) {
    this.#steps = steps;
    this.#batchSize = batchSize;
    this.#short = short;
  }

  /** @param now a clock, in ms */
  static async open(
    device: Device,
    { plain, whole }: StepGraphs,
    now = () => performance.now(),
  ): Promise<StepSessions> {
    const steps = await StepsSession.open(device, whole?.graph ?? plain);
    const short = whole && new ShortBatches(device, plain, now);
    return new StepSessions(steps, whole?.batchSize, short);
  }

  get provider(): string {
    return this.#steps.provider;
  }

  /** The graph that takes batches of so many rows. */
  graphOf(rows: number): StepGraph {
    return (this.#shortOf(rows) ?? this.#steps).graph;
  }

  /**
   * Makes the steps of one run.
   * @param rows of each batch
   * @param steps 1 for a short batch
   * @param feeds of the graph that takes such batches, [steps, ...]
   */
  run(rows: number, steps: number, feeds: Feeds): Promise<Feeds> {
    return this.#shortOf(rows)?.run(feeds) ?? this.#steps.run(steps, feeds);
  }

  async release(): Promise<void> {
    try {
      await this.#steps.release();
    } finally {
      await this.#short?.release();
    }
  }

  #shortOf(rows: number): ShortBatches | undefined {
    return rows === this.#batchSize ? undefined : this.#short;
  }
}
