/** Who says what to whom in a run. */
import type { Address, Answers, ChosenProvider, Failure, Provider, Terminated } from '../../runtime/index.js';
import type { NodeEvent } from '../node-type.js';
import type { Described } from '../values/describe.js';
import type { RunResult } from '../workflow/index.js';

export type Values = Readonly<Record<string, unknown>>;

/** What an agent is started with: everything that the nodes of one run share on one thread. */
export interface AgentInit {
  readonly runId: string;
  /** By which the run knows it. */
  readonly lane: number;
  readonly modules: readonly string[];
  /** What its nodes' sessions run on. */
  readonly provider: Provider;
  /** The run's actor. */
  readonly run: Address;
  /** Folder under which each node has its own. */
  readonly outputRoot: string;
  readonly artefactDir: string | undefined;
  readonly dataRoots: readonly string[];
  /** Two words of shared memory, see `words.ts`; a process has none. */
  readonly words: SharedArrayBuffer | undefined;
  /** Whether it ends by itself with its first batch, as on a thread of a heavy node's own. */
  readonly once: boolean;
}

/**
 * Nodes for a thread, in columns: one object a node would cost more than many a node does. A node that `follows` is run when the one before it in
 * the batch has completed, with that one's outputs, and not at all if it failed.
 */
export interface Batch {
  readonly type: 'batch';
  /** By which the run knows them. */
  readonly nodes: readonly number[];
  readonly ids: readonly string[];
  readonly types: readonly string[];
  /** Config, with the values of the connected ports over it. */
  readonly inputs: readonly Values[];
  /** The output port and the input port of each edge from the node before, in pairs; `null` for a node that waits for nothing. */
  readonly follows: readonly (readonly string[] | null)[];
  /** From 1; absent when every node runs for the first time. */
  readonly attempts?: readonly number[];
}

export type AgentMessage =
  | Batch
  /** From the agent to itself: its turn was over. */
  | { readonly type: 'go_on' }
  | { readonly type: 'stop_node'; readonly node: number };

/** A node that did not complete. */
export interface NodeFailure {
  readonly node: number;
  readonly failure: Failure;
  /** Whether it ended because it was asked to. */
  readonly stopped: boolean;
}

/** What happened on a thread since its last report, in columns. */
export interface Report {
  readonly type: 'report';
  readonly lane: number;
  /** In the order of their ends; that they began need not have been told. */
  readonly ended: readonly number[];
  /** Of each that ended, in seconds. */
  readonly durations: readonly number[];
  /** Of each that ended; `null` for one that failed. */
  readonly outputs: readonly (Values | null)[];
  /** Of each whose outputs are not what clients see of them. */
  readonly described: readonly (readonly [node: number, described: Readonly<Record<string, Described>>])[];
  readonly failures: readonly NodeFailure[];
  /** Began after the last report, and goes on. */
  readonly started: readonly number[];
  /** For how long the thread has been busy since its last report, in ms, with this run or another. */
  readonly busy: number;
}

/** From a node that runs. */
export type NodeReport =
  | { readonly type: 'node_progress'; readonly node: number; readonly percent: number }
  | { readonly type: 'node_event'; readonly node: number; readonly event: NodeEvent };

export type RunMessage =
  | Report
  | NodeReport
  /** From the run to itself: everything is written down, the first nodes may start. */
  | { readonly type: 'launch' }
  /** From the run to itself: it is known where a heavy node computes. */
  | { readonly type: 'placed'; readonly node: number; readonly chosen: ChosenProvider }
  | { readonly type: 'not_placed'; readonly node: number; readonly error: string }
  /** From the run to itself: what was told to stop has had its time. */
  | { readonly type: 'overdue' }
  | ({ readonly type: 'cancel' } & Answers<void>)
  | ({ readonly type: 'result' } & Answers<RunResult>)
  /** The result so far. */
  | ({ readonly type: 'status' } & Answers<RunResult>)
  | Terminated;
