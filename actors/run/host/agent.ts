/**
 * Runs the nodes of one run on one thread: takes them in batches, and tells how they went once a turn. Nodes that compute without a pause follow
 * each other; those that wait do so side by side.
 */
import { type ActorContext, toFailure } from '../../../runtime/index.js';
import type { NodeRegistry } from '../../registry.js';
import type { ArtefactStore } from '../../values/artefact-store.js';
import type { AgentInit, AgentMessage, Batch, NodeReport, RunMessage, Values } from '../messages.js';
import { endingOf } from './ending.js';
import { NodeRun } from './node-run.js';
import { Outbox } from './outbox.js';
import { Words } from './words.js';

/** How long nodes follow each other before the thread's ports and timers get their chance, in ms. */
const TURN_MS = 4;

/** A node that computes for longer is told of before it begins, in ms; below that its beginning and its end are told together. */
const LONG_MS = 1;

/** Nodes of a run that wait for something on one thread at once: what they wait for has limits too. */
const MOST_WAITING = 64;

/** Weight of the newest node in a type's average. */
const NEWEST = 0.25;

interface Place {
  readonly batch: Batch;
  readonly index: number;
  readonly inputs: Values;
}

export class Agent {
  readonly init: AgentInit;
  readonly context: ActorContext<AgentMessage>;
  readonly #registry: NodeRegistry;
  readonly #artefacts: ArtefactStore;
  readonly #outbox: Outbox;
  readonly #words: Words;
  readonly #run: { tell(message: RunMessage): void };
  /** Nodes that wait for their turn. */
  #queue: Place[] = [];
  #first = 0;
  /** Nodes that wait for something of their own. */
  readonly #waiting = new Map<number, NodeRun>();
  readonly #releasing = new Set<Promise<void>>();
  /** How long nodes of a type compute before they first wait, in ms. */
  readonly #pace = new Map<string, number>();
  #turnEnds = 0;
  #goesOn = false;
  #settled: (() => void) | undefined;

  constructor(
    init: AgentInit,
    context: ActorContext<AgentMessage>,
    { registry, artefacts }: { readonly registry: NodeRegistry; readonly artefacts: ArtefactStore },
  ) {
    this.init = init;
    this.context = context;
    this.#registry = registry;
    this.#artefacts = artefacts;
    this.#run = context.ref<RunMessage>(init.run);
    this.#outbox = new Outbox(init.lane, (report) => this.#run.tell(report));
    this.#words = new Words(init.words);
    context.stopping.addEventListener('abort', () => this.#stopAll(), { once: true });
  }

  take(message: AgentMessage): void {
    switch (message.type) {
      case 'batch':
        for (const [index, ports] of message.follows.entries()) {
          if (ports === null) this.#queue.push({ batch: message, index, inputs: message.inputs[index]! });
        }
        return this.#turn();
      case 'go_on':
        this.#goesOn = false;
        return this.#turn();
      case 'stop_node':
        return this.#stopNode(message.node);
    }
  }

  /** Tells the run something of a node's own, after what happened before it. */
  tell(report: NodeReport): void {
    this.#flush();
    this.#run.tell(report);
  }

  mustStop(node: number): boolean {
    return this.context.stopRequested() || this.#words.mustStop(node);
  }

  /** Resolves when every node that began has ended, and what they held is free. */
  async stop(): Promise<void> {
    this.#stopAll();
    if (this.#waiting.size > 0)
      await new Promise<void>((resolve) => {
        this.#settled = resolve;
      });
    this.#flush();
    await Promise.all(this.#releasing);
  }

  #stopAll(): void {
    this.#queue = [];
    this.#first = 0;
    for (const run of this.#waiting.values()) run.stop();
  }

  #stopNode(node: number): void {
    this.#waiting.get(node)?.stop();
    this.#words.forget(node);
  }

  #turn(): void {
    this.#turnEnds = performance.now() + TURN_MS;
    while (this.#first < this.#queue.length && this.#waiting.size < MOST_WAITING) {
      const place = this.#queue[this.#first]!;
      this.#first += 1;
      this.#follow(place);
      if (this.#first < this.#queue.length && performance.now() >= this.#turnEnds) {
        this.#goOnLater();
        break;
      }
    }
    if (this.#first === this.#queue.length) {
      this.#queue = [];
      this.#first = 0;
    }
    this.#flush();
    this.#endIfDone();
  }

  /** Runs a node, and those that follow it, until one of them waits or fails or the turn is over. */
  #follow(place: Place): void {
    let { index, inputs } = place;
    const { batch } = place;
    for (;;) {
      const outputs = this.#begin(batch, index, inputs);
      const ports = batch.follows[index + 1];
      if (outputs === undefined || ports === undefined || ports === null) return;
      index += 1;
      inputs = followed(batch.inputs[index]!, outputs, ports);
      if (performance.now() >= this.#turnEnds || this.context.stopRequested()) {
        this.#queueNext({ batch, index, inputs });
        return;
      }
    }
  }

  /** Runs one node. @returns its outputs if it completed at once */
  #begin(batch: Batch, index: number, inputs: Values): Values | undefined {
    const node = batch.nodes[index]!;
    const typeName = batch.types[index]!;
    const pace = this.#pace.get(typeName);
    const run = new NodeRun(this, node, batch.ids[index]!, batch.attempts?.[index] ?? 1, performance.now());
    if (pace === undefined || pace > LONG_MS) {
      run.told = true;
      this.#outbox.began(node);
      this.#flush();
      this.context.flush();
    }
    this.#words.enter(node);
    try {
      const type = this.#registry.find(typeName);
      if (!type) throw new Error(`there is no node type "${typeName}" on this thread`);
      // Told to stop before it began: an abort that has been is an event that does not come again.
      run.throwIfStopped();
      const given = type.run(inputs as never, run);
      if (isPromise(given)) {
        this.#waiting.set(node, run);
        if (!run.told) this.#outbox.beganQuietly(run);
        given.then(
          (outputs) => this.#later(batch, index, run, () => this.#completed(run, typeName, outputs)),
          (error: unknown) => this.#later(batch, index, run, () => this.#failed(run, error)),
        );
        return undefined;
      }
      return this.#completed(run, typeName, given);
    } catch (error) {
      return this.#failed(run, error);
    } finally {
      this.#words.leave();
      const took = performance.now() - run.began;
      this.#pace.set(typeName, pace === undefined ? took : pace + NEWEST * (took - pace));
    }
  }

  /** A node that waited has ended: outside of any turn of the actor. */
  #later(batch: Batch, index: number, run: NodeRun, end: () => Values | undefined): void {
    this.#waiting.delete(run.key);
    const outputs = end();
    const ports = batch.follows[index + 1];
    if (outputs !== undefined && ports !== undefined && ports !== null && !this.context.stopRequested()) {
      this.#queueNext({ batch, index: index + 1, inputs: followed(batch.inputs[index + 1]!, outputs, ports) });
    }
    // Several often end in one turn of the loop: they are told together.
    this.#goOnLater();
    if (this.#waiting.size === 0) this.#settled?.();
  }

  #completed(run: NodeRun, typeName: string, given: unknown): Values | undefined {
    let ending: ReturnType<typeof endingOf>;
    try {
      ending = endingOf(this.#registry.find(typeName)!, given, this.#artefacts);
    } catch (error) {
      return this.#failed(run, error);
    }
    this.#outbox.completed(run, ending);
    this.#release(run);
    return ending.outputs;
  }

  #failed(run: NodeRun, error: unknown): undefined {
    this.#outbox.failed(run, { node: run.key, failure: toFailure(error), stopped: run.stopRequested });
    this.#release(run);
    return undefined;
  }

  #release(run: NodeRun): void {
    this.#words.forget(run.key);
    if (!run.ownsDevice) return;
    const released = run
      .release()
      .catch((error: unknown) =>
        process.emitWarning(
          `ganglion: what the node "${run.nodeId}" held on the device was not freed: ${(error as Error).message}`,
        ),
      );
    this.#releasing.add(released);
    void released.then(() => {
      this.#releasing.delete(released);
      this.#endIfDone();
    });
  }

  /** Behind what runs now, before what has not begun: a chain that has begun holds what its next node needs. */
  #queueNext(place: Place): void {
    if (this.#first > 0) {
      this.#first -= 1;
      this.#queue[this.#first] = place;
    } else this.#queue.push(place);
  }

  #goOnLater(): void {
    if (this.#goesOn) return;
    this.#goesOn = true;
    setImmediate(() => this.take({ type: 'go_on' }));
  }

  #flush(): void {
    this.#outbox.flush();
  }

  #endIfDone(): void {
    const { once } = this.init;
    if (once && this.#outbox.hasTold && this.#queue.length === 0 && this.#waiting.size + this.#releasing.size === 0)
      this.context.end();
  }
}

const isPromise = (value: unknown): value is Promise<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';

/** The inputs of a node that follows another: what it is given already, with the other's outputs over it. */
function followed(inputs: Values, outputs: Values, ports: readonly string[]): Values {
  if (ports.length === 0) return inputs;
  const all: Record<string, unknown> = { ...inputs };
  for (let at = 0; at < ports.length; at += 2) {
    const value = outputs[ports[at]!];
    const port = ports[at + 1]!;
    if (port === '__proto__')
      Object.defineProperty(all, port, { value, enumerable: true, configurable: true, writable: true });
    else all[port] = value;
  }
  return all;
}
