/** What a run is started with, and what its actor knows. */
import type {
  ChosenProvider,
  DeferredReply,
  EventLog,
  Kernel,
  Operation,
  Provider,
  ProviderChoice,
  Spawned,
} from '../../runtime/index.js';
import type { NodeRegistry } from '../registry.js';
import type { Execution, Plan, RunResult, Schedule } from '../workflow/index.js';

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
}

export interface RunState {
  readonly init: RunInit;
  readonly schedule: Schedule;
  readonly outputs: Map<number, Readonly<Record<string, unknown>>>;
  /** How many nodes still need the outputs of each: they are let go of at 0. */
  readonly readers: Map<number, number>;
  readonly executions: Map<number, Execution>;
  readonly actors: Map<number, Spawned<never>>;
  readonly nodeOf: Map<string, number>;
  /** What the sessions of heavy nodes run on, where it is not the CPU. */
  readonly providers: Map<number, Provider>;
  readonly waitingLight: number[];
  readonly waitingHeavy: number[];
  readonly waiters: DeferredReply[];
  readonly began: number;
  /** Runs from the cancelling on, until the nodes have come back. */
  deadline: NodeJS.Timeout | undefined;
  light: number;
  heavy: number;
  result: RunResult | undefined;
  /** Why the log could not be written any more, if so. */
  broken: unknown;
  /** Resolves when every event so far is committed. */
  written: Promise<unknown>;
}
