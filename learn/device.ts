/** What training and inference need of a device: a graph goes in, a session comes back. The runtime provides it. */
import type { Tensor } from '../runtime/tensor.js';

/** Tensors by the name of a graph's input or output. */
export type NamedTensors = Record<string, Tensor>;

/** One loaded graph. Owned by whoever made it, and released by the same. */
export interface GraphSession {
  /** The execution provider in use: `cpu`, `webgpu` or `cuda`. */
  readonly provider: string;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Runs the graph once. Blocks its thread while the native call lasts: keep one run under about 100 ms. */
  run(feeds: NamedTensors, fetches?: readonly string[]): Promise<NamedTensors>;
  /** Frees the native memory. Safe to call twice. */
  release(): Promise<void>;
}

/** Loads graphs. Whoever makes a session releases it. */
export interface Device {
  createSession(model: Uint8Array): Promise<GraphSession>;
}
