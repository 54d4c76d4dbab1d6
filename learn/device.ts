/** What training and inference need of a device: a graph goes in, a session comes back. The runtime provides it. */
import type { DType, Tensor } from '../runtime/tensor.js';

/** Where a graph runs: the names of ONNX Runtime's execution providers. */
export type Provider = 'cpu' | 'webgpu' | 'cuda';

/** Tensors by the name of a graph's input or output. */
export type NamedTensors = Record<string, Tensor>;

/**
 * A tensor that stays where it was computed: on a GPU it has a type and a shape, and no numbers at hand. It is fed like
 * any other to the sessions of its device; {@link Device.download} reads it. On the CPU it is an ordinary tensor.
 */
export interface DeviceTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Frees its memory. Safe to call twice; a run that is fed with it afterwards is refused. Its session frees it too. */
  release(): void;
}

/** What a run is fed with: numbers of this process, and tensors that an earlier run left on the device. */
export type Feeds = Readonly<Record<string, Tensor | DeviceTensor>>;

/** How ONNX Runtime prepares a graph. */
export interface SessionOptions {
  /**
   * Optimisers of ONNX Runtime that leave this graph alone, for instance `NchwcTransformer`, which makes a training step slower. An
   * unknown name is refused: ONNX Runtime would ignore it silently.
   */
  readonly disabledOptimizers?: readonly string[];
  /** How far the graph is optimised; `all` when left out. Large graphs load several times faster with `disabled`. */
  readonly optimizationLevel?: 'disabled' | 'basic' | 'extended' | 'layout' | 'all';
  /** Outputs that stay on the device: what {@link GraphSession.runAndKeep} gives as `kept`. */
  readonly outputsOnDevice?: readonly string[];
  /** Names of nodes that WebGPU must leave to the CPU, because it computes them wrongly or not at all. */
  readonly nodesOnCpu?: readonly string[];
}

/** The outputs of a run: those with numbers, and those that stayed where they were computed. */
export interface KeptRun {
  readonly values: NamedTensors;
  readonly kept: Record<string, DeviceTensor>;
}

/** One loaded graph. Owned by whoever made it, and released by the same. */
export interface GraphSession {
  /** The execution provider in use. */
  readonly provider: Provider;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /**
   * Runs the graph once. Blocks its thread while the native call lasts: keep one run under about 100 ms. Refused on a
   * session with `outputsOnDevice`.
   */
  run(feeds: Feeds, fetches?: readonly string[]): Promise<NamedTensors>;
  /** Runs the graph once, with all its outputs. Whoever calls releases what is `kept`, when the next state is there. */
  runAndKeep(feeds: Feeds): Promise<KeptRun>;
  /** Frees the native memory, and every tensor it kept. Safe to call twice. */
  release(): Promise<void>;
}

/** Loads graphs. Whoever makes a session releases it. */
export interface Device {
  /** What its sessions run on: known before a graph is written, since some operators are written differently for each. */
  readonly provider: Provider;
  createSession(model: Uint8Array, options?: SessionOptions): Promise<GraphSession>;
  /** The numbers of tensors that stay on the device, under the names they are given. They stay valid there. */
  download(tensors: Readonly<Record<string, DeviceTensor>>): Promise<NamedTensors>;
}
