/** ONNX Runtime sessions of one actor: made on its own thread, run there, and released with it. */
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { RuntimeError } from '../errors.js';
import type { Control } from '../host/control.js';
import { releaseAll } from '../release-all.js';
import type { Tensor } from '../tensor.js';
import { type DeviceTensor, GpuTensor, hostTensor } from './device-tensor.js';
import { copyingGraph } from './plain-graph.js';
import { ortSessionOptions, type Provider, type SessionOptions } from './session-options.js';
import type { ThreadBudget } from './threads.js';

export type { DeviceTensor, Provider, SessionOptions };

type Ort = typeof import('onnxruntime-node');
type Tensors = Record<string, Tensor>;
type Feeds = Readonly<Record<string, Tensor | DeviceTensor>>;

export interface DeviceOptions {
  readonly control: Control;
  readonly budget: ThreadBudget;
  readonly provider?: Provider;
  /** Threads within one operator; the budget decides when it is left out. */
  readonly threads?: number;
}

/** A native call asks whether the thread is closing, and does not begin then; or it is only announced, and the thread waits for it. */
type Call = 'asked' | 'announced';

export class DeviceSession {
  readonly provider: Provider;
  readonly threads: number;
  readonly #device: OwnedDevice;
  readonly #session: InferenceSession;
  /** Names of the outputs that stay on the device. */
  readonly #staying: ReadonlySet<string>;
  readonly #kept = new Set<GpuTensor>();
  #released = false;

  constructor(
    device: OwnedDevice,
    session: InferenceSession,
    about: { readonly provider: Provider; readonly threads: number; readonly staying: readonly string[] },
  ) {
    this.#device = device;
    this.#session = session;
    this.provider = about.provider;
    this.threads = about.threads;
    this.#staying = new Set(about.staying);
  }

  get inputNames(): readonly string[] {
    return this.#session.inputNames;
  }

  get outputNames(): readonly string[] {
    return this.#session.outputNames;
  }

  /** Tensors on the device that nobody has released yet. */
  get kept(): number {
    return this.#kept.size;
  }

  /**
   * Runs the graph once. The call is native and synchronous: this thread does nothing else meanwhile.
   * @throws RuntimeError `stopped` when the thread is closing, `graph_refused` with ONNX Runtime's words when the run fails.
   */
  async run(feeds: Feeds, fetches?: readonly string[]): Promise<Tensors> {
    if (this.#staying.size > 0) {
      throw new RuntimeError(
        'graph_refused',
        `the outputs ${[...this.#staying].join(', ')} of this session stay on the device: use runAndKeep`,
      );
    }
    const outputs = await this.#run(feeds, fetches ?? this.#session.outputNames);
    return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, fromOrt(value)]));
  }

  /**
   * Runs the graph once; the outputs that were named when the session was made stay on the device as `kept`.
   * @throws RuntimeError as {@link run} does
   */
  async runAndKeep(feeds: Feeds): Promise<{ values: Tensors; kept: Record<string, DeviceTensor> }> {
    // Always all outputs: the binding remembers where they go, and refuses a run that asks for others.
    const outputs = await this.#run(feeds, this.#session.outputNames);
    const values: Tensors = {};
    const kept: Record<string, DeviceTensor> = {};
    for (const [name, value] of Object.entries(outputs)) {
      if (!this.#staying.has(name)) values[name] = fromOrt(value);
      else kept[name] = value.location === 'cpu' ? hostTensor(fromOrt(value)) : this.#keep(value);
    }
    return { values, kept };
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    for (const tensor of [...this.#kept]) tensor.release();
    await this.#device.forget(this, this.#session);
  }

  /** {@link run} for what must be read before it is lost: also while the thread closes. */
  async runWhileClosing(feeds: Feeds): Promise<Tensors> {
    const outputs = await this.#run(feeds, this.#session.outputNames, 'announced');
    return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, fromOrt(value)]));
  }

  #run(feeds: Feeds, fetches: readonly string[], call: Call = 'asked'): Promise<InferenceSession.OnnxValueMapType> {
    const { ort } = this.#device;
    return this.#device.native(() => {
      const inputs: Record<string, OrtTensor> = {};
      for (const [name, value] of Object.entries(feeds)) inputs[name] = toOrt(ort, value);
      return this.#session.run(inputs, fetches as string[]);
    }, call);
  }

  #keep(value: OrtTensor): GpuTensor {
    const tensor = new GpuTensor(value, this.#device.control, (released) => this.#kept.delete(released));
    this.#kept.add(tensor);
    return tensor;
  }
}

/** The device of one actor. {@link release} frees every session it made. */
export class OwnedDevice {
  readonly ort: Ort;
  readonly control: Control;
  readonly provider: Provider;
  readonly #options: DeviceOptions;
  readonly #sessions = new Set<DeviceSession>();
  #counted = 0;
  /** By the types of what they carry over to this process. */
  readonly #downloads = new Map<string, DeviceSession>();

  constructor(ort: Ort, options: DeviceOptions) {
    this.ort = ort;
    this.control = options.control;
    this.provider = options.provider ?? 'cpu';
    this.#options = options;
  }

  /**
   * @throws RangeError for an optimiser that ONNX Runtime does not have
   * @throws RuntimeError `stopped` when the thread is closing, `graph_refused` when ONNX Runtime does not take the graph
   */
  createSession(model: Uint8Array, options: SessionOptions = {}): Promise<DeviceSession> {
    return this.#create(model, options, 'asked');
  }

  async #create(model: Uint8Array, options: SessionOptions, call: Call): Promise<DeviceSession> {
    const { budget } = this.#options;
    const { provider } = this;
    const share = this.#enter();
    const threads = this.#options.threads ?? share;
    try {
      const spinning = provider === 'cpu' && budget.active <= 1;
      const native = ortSessionOptions(options, { provider, threads, spinning });
      const session = await this.native(() => this.ort.InferenceSession.create(model, native), call);
      const staying = options.outputsOnDevice ?? [];
      const unknown = staying.find((name) => !session.outputNames.includes(name));
      if (unknown !== undefined) {
        await this.native(() => session.release());
        throw new RuntimeError(
          'graph_refused',
          `the graph has no output "${unknown}" to keep on the device: it has ${session.outputNames.join(', ')}`,
        );
      }
      const owned = new DeviceSession(this, session, { provider, threads, staying });
      this.#sessions.add(owned);
      return owned;
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  /**
   * The numbers of tensors that stay on the device. To ask ONNX Runtime for them directly aborts the process, so they go
   * through a graph that does nothing, and whose outputs come back. Also while the thread closes: a training writes its state then.
   */
  async download(tensors: Readonly<Record<string, DeviceTensor>>): Promise<Tensors> {
    const results: Tensors = {};
    const remote: [string, GpuTensor][] = [];
    for (const [name, tensor] of Object.entries(tensors)) {
      if (tensor instanceof GpuTensor) remote.push([name, tensor]);
      else {
        const { dtype, shape, data } = tensor as Tensor & DeviceTensor;
        results[name] = { dtype, shape, data };
      }
    }
    if (remote.length === 0) return results;
    const types = remote.map(([, { dtype }]) => dtype);
    const key = types.join(' ');
    let session = this.#downloads.get(key);
    if (!session) {
      session = await this.#create(copyingGraph(types), { optimizationLevel: 'disabled' }, 'announced');
      this.#downloads.set(key, session);
    }
    const outputs = await session.runWhileClosing(
      Object.fromEntries(remote.map(([, tensor], index) => [`x${index}`, tensor])),
    );
    for (const [index, [name]] of remote.entries()) results[name] = outputs[`y${index}`]!;
    return results;
  }

  async release(): Promise<void> {
    this.#downloads.clear();
    await releaseAll(this.#sessions);
  }

  /** Makes a native call, unless the thread is closing: a thread that ends inside one takes the whole process with it. */
  async native<T>(call: () => Promise<T>, how: Call = 'asked'): Promise<T> {
    const told = async (): Promise<T> => {
      try {
        return await call();
      } catch (error) {
        if (error instanceof RuntimeError) throw error;
        throw new RuntimeError('graph_refused', `ONNX Runtime: ${(error as Error).message}`, { cause: error });
      }
    };
    return how === 'asked' ? this.#options.control.whileHeld(told) : this.#announced(told);
  }

  /** For what must happen while the thread closes, too. */
  async #announced<T>(call: () => Promise<T>): Promise<T> {
    const { control } = this.#options;
    control.announceNative();
    try {
      return await call();
    } finally {
      control.leaveNative();
    }
  }

  async forget(owned: DeviceSession, session: InferenceSession): Promise<void> {
    this.#sessions.delete(owned);
    this.#leave();
    // Releasing is native too.
    await this.#announced(() => session.release());
  }

  /**
   * Sessions of one actor take turns, so they hold one place in the budget together. A GPU computes by itself and takes no cores from others.
   * @returns the threads for one more session
   */
  #enter(): number {
    if (this.provider !== 'cpu') return 1;
    const { budget, control } = this.#options;
    this.#counted += 1;
    if (this.#counted > 1) return budget.share;
    control.countPlace(1);
    return budget.enter();
  }

  #leave(): void {
    if (this.provider !== 'cpu') return;
    this.#counted -= 1;
    if (this.#counted > 0) return;
    this.#options.budget.leave();
    this.#options.control.countPlace(-1);
  }
}

/**
 * @throws RuntimeError `stopped` when the thread is closing, `provider_unavailable` when a GPU is wanted on a thread that
 * may not use it
 */
export async function openDevice(options: DeviceOptions): Promise<OwnedDevice> {
  const { provider = 'cpu', control } = options;
  if (provider !== 'cpu' && !control.ownsGpu) {
    throw new RuntimeError(
      'provider_unavailable',
      `this thread may not use the provider "${provider}", because two threads on a GPU crash the process: place the actor on "gpu"`,
    );
  }
  // To load the native library is a native call like any other.
  const ort = await options.control.whileHeld(() => import('onnxruntime-node'));
  return new OwnedDevice(ort, options);
}

function toOrt(ort: Ort, value: Tensor | DeviceTensor): OrtTensor {
  if (value instanceof GpuTensor) return value.ort;
  const { dtype, shape, data: given } = value as Tensor;
  // ONNX Runtime refuses shared memory: what comes from there is copied once.
  const data = given.buffer instanceof SharedArrayBuffer ? given.slice() : given;
  return new ort.Tensor(dtype as 'float32', data as Float32Array, shape as number[]);
}

function fromOrt({ type, dims, data }: OrtTensor): Tensor {
  return { dtype: type as Tensor['dtype'], shape: dims, data: data as Tensor['data'] };
}
