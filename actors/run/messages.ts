/** Who says what to whom in a run. */
import type { Address, Answers, ChosenProvider, Failure, Provider, Terminated } from '../../runtime/index.js';
import type { NodeEvent } from '../node-type.js';
import type { Described } from '../values/describe.js';
import type { RunResult } from '../workflow/index.js';

/** What a node's actor is started with. */
export interface NodeInit {
  readonly runId: string;
  readonly nodeId: string;
  /** Index in the plan. */
  readonly node: number;
  readonly type: string;
  readonly modules: readonly string[];
  readonly inputs: Readonly<Record<string, unknown>>;
  /** What its sessions run on. */
  readonly provider: Provider;
  /** The run's actor. */
  readonly run: Address;
  readonly outputDir: string;
  readonly artefactDir: string | undefined;
  readonly dataRoots: readonly string[];
}

/** From a node's actor to the run's. */
export type NodeReport =
  | { readonly type: 'node_progress'; readonly node: number; readonly percent: number }
  | { readonly type: 'node_event'; readonly node: number; readonly event: NodeEvent }
  | {
      readonly type: 'node_completed';
      readonly node: number;
      readonly outputs: Readonly<Record<string, unknown>>;
      readonly described: Readonly<Record<string, Described>>;
      /** Seconds. */
      readonly duration: number;
    }
  | {
      readonly type: 'node_failed';
      readonly node: number;
      readonly failure: Failure;
      /** Whether it ended because it was asked to. */
      readonly stopped: boolean;
      readonly duration: number;
    };

export type RunMessage =
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
