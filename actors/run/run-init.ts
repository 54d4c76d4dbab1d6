/** What a run is started with. */
import type { ChosenProvider, EventLog, Kernel, Operation, ProviderChoice } from '../../runtime/index.js';
import type { NodeRegistry } from '../registry.js';
import type { Execution, Plan } from '../workflow/index.js';

/** What a run needs of its surroundings. It lives on the kernel's thread, so these are the real things, not messages. */
export interface RunSurroundings {
  readonly kernel: Kernel;
  readonly log: EventLog;
  readonly registry: NodeRegistry;
  readonly modules: readonly string[];
  readonly hostEntry: string;
  readonly threads: number;
  readonly runsDir: string;
  readonly artefactDir: string | undefined;
  readonly dataRoots: readonly string[];
  readonly now: () => number;
  /** Which provider a node gets; by what this machine has, unless told. */
  readonly chooseProvider?: (wanted: ProviderChoice) => Promise<ChosenProvider>;
}

/** What is left of nodes that an earlier attempt completed. */
export interface Kept {
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly execution: Execution;
}

export interface RunInit {
  readonly runId: string;
  readonly plan: Plan;
  readonly surroundings: RunSurroundings;
  /** To be committed together with the run's first event. */
  readonly along: readonly Operation[];
  /** By the node's index. */
  readonly kept: ReadonlyMap<number, Kept>;
  /** Whether it goes on where an earlier process left it. */
  readonly resumed?: boolean;
  /** Nodes that are not run any more, by their index, and why. */
  readonly givenUp?: ReadonlyMap<number, string>;
}
