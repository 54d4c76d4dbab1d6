/** What the nodes of a run gave: the values for those that read them, and what clients see of them. */
import type { Plan } from '../workflow/index.js';
import { inputsOf } from '../workflow/index.js';
import type { Values } from './messages.js';

const NOTHING: Values = Object.freeze({});

export class ValuesOfNodes {
  readonly #plan: Plan;
  readonly #outputs: (Values | undefined)[];
  readonly #seen: (Values | undefined)[];
  /** How many nodes still need the outputs of each: they are let go of at 0. */
  readonly #readers: Int32Array;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#outputs = new Array(plan.nodes.length);
    this.#seen = new Array(plan.nodes.length);
    this.#readers = Int32Array.from(plan.nodes, ({ dependents }) => dependents.length);
  }

  /** @param seen what clients see of them */
  put(node: number, outputs: Values, seen: Values): void {
    this.#seen[node] = seen;
    if (this.#readers[node]! > 0) this.#outputs[node] = outputs;
  }

  inputs(node: number): Values {
    return inputsOf(this.#plan, node, (source) => this.#outputs[source]);
  }

  seenOutputs(node: number): Values {
    return this.#seen[node] ?? NOTHING;
  }

  /** The inputs of a node as clients see them: its config, and what arrived over the edges. */
  seenInputs(node: number): Values {
    const { config, incoming } = this.#plan.nodes[node]!;
    if (incoming.length === 0) return config;
    const seen = inputsOf(this.#plan, node, (source) => this.#seen[source] ?? NOTHING);
    const arrived = new Set(incoming.map((index) => this.#plan.edges[index]!.targetPort));
    const entries = Object.entries(seen).filter(([name]) => arrived.has(name));
    return { ...config, ...Object.fromEntries(entries) };
  }

  /** The node has ended, and reads nothing any more. */
  letGo(node: number): void {
    for (const source of this.#plan.nodes[node]!.dependencies) {
      this.#readers[source]! -= 1;
      if (this.#readers[source] === 0) this.#outputs[source] = undefined;
    }
  }
}
