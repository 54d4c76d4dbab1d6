/** ONNX Runtime sessions of one actor: made on its own thread, run there, and released with it. */
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { RuntimeError } from '../errors.js';
import type { Control } from '../host/control.js';
import type { Tensor } from '../tensor.js';
import type { ThreadBudget } from './threads.js';

type Ort = typeof import('onnxruntime-node');
type Tensors = Record<string, Tensor>;

export type Provider = 'cpu' | 'webgpu' | 'cuda';

export interface DeviceOptions {
  readonly control: Control;
  readonly budget: ThreadBudget;
  readonly provider?: Provider;
  /** Threads within one operator; the budget decides when it is left out. */
  readonly threads?: number;
}

export class DeviceSession {
  readonly provider: Provider;
  readonly threads: number;
  readonly #device: OwnedDevice;
  readonly #session: InferenceSession;
  #released = false;

  constructor(device: OwnedDevice, session: InferenceSession, provider: Provider, threads: number) {
    this.#device = device;
    this.#session = session;
    this.provider = provider;
    this.threads = threads;
  }

  get inputNames(): readonly string[] {
    return this.#session.inputNames;
  }

  get outputNames(): readonly string[] {
    return this.#session.outputNames;
  }

  /**
   * Runs the graph once. The call is native and synchronous: this thread does nothing else meanwhile.
   * @throws RuntimeError `stopped` when the thread is closing, `graph_refused` with ONNX Runtime's words when the run fails.
   */
  async run(feeds: Tensors, fetches?: readonly string[]): Promise<Tensors> {
    const { ort } = this.#device;
    const inputs: Record<string, OrtTensor> = {};
    for (const [name, value] of Object.entries(feeds)) inputs[name] = toOrt(ort, value);
    const outputs = await this.#device.native(() =>
      this.#session.run(inputs, (fetches ?? this.#session.outputNames) as string[]),
    );
    const results: Tensors = {};
    for (const [name, value] of Object.entries(outputs)) {
      results[name] = { dtype: value.type as Tensor['dtype'], shape: value.dims, data: value.data as Tensor['data'] };
    }
    return results;
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    await this.#device.forget(this, this.#session);
  }
}

/** The device of one actor. {@link release} frees every session it made. */
export class OwnedDevice {
  readonly ort: Ort;
  readonly #options: DeviceOptions;
  readonly #sessions = new Set<DeviceSession>();

  constructor(ort: Ort, options: DeviceOptions) {
    this.ort = ort;
    this.#options = options;
  }

  async createSession(model: Uint8Array): Promise<DeviceSession> {
    const { budget, control, provider = 'cpu' } = this.#options;
    const share = budget.enter();
    control.countSession(1);
    const threads = this.#options.threads ?? share;
    try {
      const session = await this.native(() =>
        this.ort.InferenceSession.create(model, {
          executionProviders: [provider],
          intraOpNumThreads: threads,
          interOpNumThreads: 1,
          // The pattern planner nearly doubles the peak of a training graph and gains no time.
          enableMemPattern: false,
          logSeverityLevel: 3,
          // A waiting thread that spins takes the core from the session beside it.
          extra: { session: { intra_op: { allow_spinning: budget.active > 1 ? '0' : '1' } } },
        }),
      );
      const owned = new DeviceSession(this, session, provider, threads);
      this.#sessions.add(owned);
      return owned;
    } catch (error) {
      budget.leave();
      control.countSession(-1);
      throw error;
    }
  }

  async release(): Promise<void> {
    for (const session of [...this.#sessions]) await session.release();
  }

  /** Makes a native call, unless the thread is closing: a thread that ends inside one takes the whole process with it. */
  async native<T>(call: () => Promise<T>): Promise<T> {
    return this.#options.control.whileHeld(async () => {
      try {
        return await call();
      } catch (error) {
        throw new RuntimeError('graph_refused', `ONNX Runtime: ${(error as Error).message}`, { cause: error });
      }
    });
  }

  async forget(owned: DeviceSession, session: InferenceSession): Promise<void> {
    this.#sessions.delete(owned);
    this.#options.budget.leave();
    this.#options.control.countSession(-1);
    // Releasing is native too, but must happen while the thread closes: it is announced without asking.
    const { control } = this.#options;
    control.announceNative();
    try {
      await session.release();
    } finally {
      control.leaveNative();
    }
  }
}

/** @throws RuntimeError `stopped` when the thread is closing */
export async function openDevice(options: DeviceOptions): Promise<OwnedDevice> {
  // To load the native library is a native call like any other.
  const ort = await options.control.whileHeld(() => import('onnxruntime-node'));
  return new OwnedDevice(ort, options);
}

function toOrt(ort: Ort, value: Tensor): OrtTensor {
  // ONNX Runtime refuses shared memory: what comes from there is copied once.
  const data = value.data.buffer instanceof SharedArrayBuffer ? value.data.slice() : value.data;
  return new ort.Tensor(value.dtype as 'float32', data as Float32Array, value.shape as number[]);
}
