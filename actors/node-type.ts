/** What a node type is: one value, in one file, that says everything the checks, the clients and the actor need to know. */
import type { z } from 'zod';
import type { ProviderChoice } from '../runtime/index.js';

/** The kind of value that travels along an edge. Two ports fit when their types are equal, or when one of them is `any`. */
export type PortType = string;

export interface Port {
  readonly type: PortType;
  readonly description?: string;
  /** An input that may stay unconnected. Outputs are always given. */
  readonly optional?: boolean;
}

export type Ports = Readonly<Record<string, Port>>;

/** What a node may use of its surroundings while it runs. */
export interface NodeContext {
  readonly runId: string;
  readonly nodeId: string;
  /** Aborted when the run is cancelled or the runtime shuts down. Long loops must look at it between pieces of work. */
  readonly signal: AbortSignal;
  /** Throws when the node was asked to stop: reads a word of shared memory, so it works inside a loop that never awaits. */
  throwIfStopped(): void;
  /** Tells the share of the work that is done, 0..100. */
  progress(percent: number): void;
  /** Tells clients something of the node's own, for instance an epoch that ended: becomes a `node_event`. */
  emit(event: NodeEvent): void;
  /** Folder for what the run leaves behind (exported models, checkpoints). Exists. */
  readonly outputDir: string;
  /** The folders below which a node may read files. */
  readonly dataRoots: readonly string[];
  /** Makes an ONNX Runtime session that the actor owns and releases, whatever happens to the node. */
  readonly device: import('../learn/device.js').Device;
}

/** An event of a node's own. `state` events are stored and replayed; the others live for one moment. */
export interface NodeEvent {
  readonly kind: 'state' | 'moment';
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The inputs that `run` receives: the node's checked config, with the values of the connected ports over it. */
export interface NodeType<Config extends object = object, Outputs extends object = object> {
  /** The name in a workflow's `node.type`. */
  readonly type: string;
  /** Other names under which existing clients know it. */
  readonly aliases?: readonly string[];
  /** Raised when the same inputs may give other outputs than before. */
  readonly version: number;
  /** A short title for people. */
  readonly name: string;
  readonly category: string;
  readonly description: string;
  readonly inputs: Ports;
  readonly outputs: Ports;
  /** Checked before anything runs; the JSON Schema for clients comes from it. */
  readonly config: z.ZodType<Config>;
  /** `heavy`: owns a core, or a device session, for long. It gets a host to itself. */
  readonly weight: 'light' | 'heavy';
  /** Where its sessions compute, for a heavy node that leaves it to its config; the CPU when left out. */
  provider?(config: Config): ProviderChoice;
  run(inputs: Config & Record<string, unknown>, context: NodeContext): Promise<Outputs> | Outputs;
}

/** Makes a node type and infers the types of its inputs from its schema. */
export function defineNode<Config extends object, Outputs extends object>(
  definition: Omit<NodeType<Config, Outputs>, 'weight' | 'version'> & { weight?: 'light' | 'heavy'; version?: number },
): NodeType<Config, Outputs> {
  return { weight: 'light', version: 1, ...definition };
}
