/** The sessions that make the steps: one for batches of any number of rows, or one for whole batches and one for the short ones. */
import type { Device, GraphSession, NamedTensors } from '../device.js';
import { inLoop, type TrainingGraph } from '../training-graph/index.js';
import { ShortBatches } from './short-batches.js';
import { type StepGraph, stepGraph } from './step-graph.js';

/** The graphs that make the steps. */
export interface StepGraphs {
  /** Takes any number of rows. */
  readonly plain: TrainingGraph;
  /** Takes batches of so many rows and no others; its state is that of the plain one. */
  readonly whole?: { readonly graph: TrainingGraph; readonly batchSize: number };
}

/** Holds one or two sessions: release it. */
export class StepSessions {
  readonly #graph: StepGraph;
  readonly #session: GraphSession;
  readonly #batchSize: number | undefined;
  readonly #short: ShortBatches | undefined;

  private constructor(graph: StepGraph, session: GraphSession, batchSize?: number, short?: ShortBatches) {
    this.#graph = graph;
    this.#session = session;
    this.#batchSize = batchSize;
    this.#short = short;
  }

  /** @param now a clock, in ms */
  static async open(
    device: Device,
    { plain, whole }: StepGraphs,
    now = () => performance.now(),
  ): Promise<StepSessions> {
    const loop = inLoop(whole?.graph ?? plain);
    const session = await device.createSession(loop.bytes, loop.session);
    const short = whole && new ShortBatches(device, plain, now);
    return new StepSessions(stepGraph(loop), session, whole?.batchSize, short);
  }

  get provider(): string {
    return this.#session.provider;
  }

  /** The graph that takes batches of so many rows. */
  graphOf(rows: number): StepGraph {
    return this.#shortOf(rows)?.graph ?? this.#graph;
  }

  /**
   * Makes the steps of one run.
   * @param rows of each batch
   * @param feeds of the graph that takes such batches
   */
  run(rows: number, feeds: NamedTensors): Promise<NamedTensors> {
    return (this.#shortOf(rows) ?? this.#session).run(feeds);
  }

  async release(): Promise<void> {
    try {
      await this.#session.release();
    } finally {
      await this.#short?.release();
    }
  }

  #shortOf(rows: number): ShortBatches | undefined {
    return rows === this.#batchSize ? undefined : this.#short;
  }
}
