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
    const inputs = asJson(config);
    for (const index of incoming) {
      const { source, sourcePort, targetPort } = this.#plan.edges[index]!;
      define(inputs, targetPort, this.seenOutputs(source)[sourcePort]);
    }
    return inputs;
  }

  /** The node has ended, and reads nothing any more. */
  letGo(node: number): void {
    for (const source of this.#plan.nodes[node]!.dependencies) {
      this.#readers[source]! -= 1;
      if (this.#readers[source] === 0) this.#outputs[source] = undefined;
    }
  }
}

/** A copy as JSON gives it back, which nobody else has. */
export function asJson(values: Values): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(values)) {
    const value = values[name];
    if (value !== undefined) define(copy, name, isKept(value) ? value : JSON.parse(JSON.stringify(value) ?? 'null'));
  }
  return copy;
}

/** An output called `__proto__` is a name like any other. */
function define(record: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true });
  else record[name] = value;
}

/** Whether JSON keeps the value, without looking into it. */
function isKept(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  return value === null || typeof value === 'string' || typeof value === 'boolean';
}
