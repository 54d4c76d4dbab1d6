/** What can be wrong with a graph. All of it is told at once. */

export type FaultCode =
  /** Not a graph at all: a missing field, a wrong kind of value, an unknown key. */
  | 'invalid_shape'
  | 'empty_workflow'
  | 'duplicate_node_id'
  | 'unknown_type'
  | 'invalid_config'
  /** An edge to or from a node that is not there. */
  | 'missing_node'
  | 'self_edge'
  | 'cycle'
  /** A port that the node type does not declare. */
  | 'unknown_port'
  | 'port_type_mismatch'
  /** An edge without handles that could be meant for no port, or for several. */
  | 'ambiguous_edge'
  /** A required input that nothing supplies. */
  | 'missing_input'
  /** Stands last and counts the faults that are not listed. */
  | 'more_faults';

/** One entry of `errors` in the answers of the workflow routes. */
export interface Fault {
  readonly code: FaultCode;
  readonly message: string;
  readonly node_id?: string;
  readonly edge_id?: string;
  /** Where it stands in the request, for instance `['nodes', 0, 'data', 'config', 'epochs']`. */
  readonly loc?: readonly (string | number)[];
}

/** A million wrong edges are told by a thousand faults and a number: the answer must not outgrow the request. */
export const MOST_FAULTS = 1000;

/** Collects faults; what lies beyond the bound is only counted, and its message never made. */
export class FaultList {
  readonly #faults: Fault[] = [];
  #uncounted = 0;

  get count(): number {
    return this.#faults.length + this.#uncounted;
  }

  /** @param always listed even beyond the bound: the fault that the answer's `error` is made of */
  add(make: () => Fault, always = false): void {
    if (always || this.#faults.length < MOST_FAULTS) this.#faults.push(make());
    else this.#uncounted += 1;
  }

  /** Counts faults that were found but are not worth a sentence each. */
  addUnlisted(count: number): void {
    this.#uncounted += count;
  }

  all(): readonly Fault[] {
    if (this.#uncounted === 0) return [...this.#faults];
    return [...this.#faults, { code: 'more_faults', message: `and ${this.#uncounted} more faults` }];
  }
}

/** What every message of a cycle begins with: existing clients look for these words. */
const CYCLE = '工作流包含循环依赖';

/** The message of a cycle, named node by node: `工作流包含循环依赖: a -> b -> a`. `ids` holds every node of it once. */
export function cycleMessage(ids: readonly string[]): string {
  return `${CYCLE}: ${[...ids, ids[0]].join(' -> ')}`;
}

/** Whether a fault says that the graph goes in a circle: such a graph is answered as a run's result. */
export function isCycle(fault: Fault): boolean {
  return fault.code === 'cycle' || fault.code === 'self_edge';
}
