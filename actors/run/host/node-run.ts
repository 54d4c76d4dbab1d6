/** One node while it runs, on the thread that runs it: what its type's `run` may use of its surroundings. */
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Device } from '../../../learn/device.js';
import { type OwnedDevice, openDevice, RuntimeError } from '../../../runtime/index.js';
import type { NodeContext, NodeEvent } from '../../node-type.js';
import { PRIVATE_DIRECTORY } from '../../values/artefact-store.js';
import { requirePlain } from '../../values/plain.js';
import type { Agent } from './agent.js';

/** Progress is told at most so often, in ms: more than a person or a page can see costs only messages. */
const PROGRESS_INTERVAL_MS = 100;

/** State events of one node: they are all stored, so there is an end to them. */
const MOST_STATE_EVENTS = 10_000;

/**
 * Ten thousand of these may be made in a turn, and most types use none of it: so every part is made when it is asked for.
 * The functions are made by getters, because types take them out (`run(inputs, { progress })`).
 */
export class NodeRun implements NodeContext {
  readonly key: number;
  readonly nodeId: string;
  readonly attempt: number;
  readonly began: number;
  /** Whether the supervisor has been told that it began. */
  told = false;
  readonly #agent: Agent;
  #abort: AbortController | undefined;
  #stopped = false;
  #device: Promise<OwnedDevice> | undefined;
  #progressTold = Number.NEGATIVE_INFINITY;
  #momentTold = Number.NEGATIVE_INFINITY;
  #stateEvents = 0;

  constructor(agent: Agent, key: number, nodeId: string, attempt: number, began: number) {
    this.#agent = agent;
    this.key = key;
    this.nodeId = nodeId;
    this.attempt = attempt;
    this.began = began;
  }

  get runId(): string {
    return this.#agent.init.runId;
  }

  get dataRoots(): readonly string[] {
    return this.#agent.init.dataRoots;
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#stopped) this.#abort.abort();
    return this.#abort.signal;
  }

  /** Whether this node, its run, or the whole thread is to stop. */
  get stopRequested(): boolean {
    return this.#stopped || this.#agent.mustStop(this.key);
  }

  get throwIfStopped(): () => void {
    return () => {
      if (this.stopRequested) throw new RuntimeError('stopped', 'the node was asked to stop');
    };
  }

  get progress(): (percent: number) => void {
    return (percent) => {
      const now = performance.now();
      if (now - this.#progressTold < PROGRESS_INTERVAL_MS) return;
      this.#progressTold = now;
      this.#agent.tell({ type: 'node_progress', node: this.key, percent: Math.min(100, Math.max(0, percent)) });
    };
  }

  get emit(): (event: NodeEvent) => void {
    return (event) => {
      requirePlain(event, 'an event of a node');
      if (event.kind === 'moment') {
        const now = performance.now();
        if (now - this.#momentTold < PROGRESS_INTERVAL_MS / 2) return;
        this.#momentTold = now;
      } else if (++this.#stateEvents > MOST_STATE_EVENTS) {
        throw new RangeError(
          `a node tells at most ${MOST_STATE_EVENTS} events that are stored: tell the rest as kind "moment", or as an output`,
        );
      }
      this.#agent.tell({ type: 'node_event', node: this.key, event });
    };
  }

  get outputDir(): string {
    const directory = join(this.#agent.init.outputRoot, folderName(this.nodeId));
    mkdirSync(directory, { recursive: true, mode: PRIVATE_DIRECTORY });
    return directory;
  }

  get device(): Device {
    return {
      provider: this.#agent.init.provider,
      createSession: async (model, options) => (await this.#opened()).createSession(model, options),
      download: async (tensors) => (await this.#opened()).download(tensors),
    };
  }

  stop(): void {
    this.#stopped = true;
    this.#abort?.abort();
  }

  /** Frees the sessions it made. */
  async release(): Promise<void> {
    // One that could not be opened was told to whoever wanted it.
    await (await this.#device?.catch(() => undefined))?.release();
  }

  get ownsDevice(): boolean {
    return this.#device !== undefined;
  }

  #opened(): Promise<OwnedDevice> {
    const { control, budget } = this.#agent.context;
    this.#device ??= openDevice({ control, budget, provider: this.#agent.init.provider });
    return this.#device;
  }
}

/** A folder name for a node id, whatever characters that has; the same in every process. */
export function folderName(id: string): string {
  const safe = id.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 60);
  return safe === id ? id : `${safe}_${createHash('sha256').update(id).digest('hex').slice(0, 12)}`;
}
