/** Tensors that stay where they were computed. */
import type { Tensor as OrtTensor } from 'onnxruntime-node';
import { RuntimeError } from '../errors.js';
import type { Control } from '../host/control.js';
import type { DType, Tensor } from '../tensor.js';

export interface DeviceTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Frees its memory. Safe to call twice. */
  release(): void;
}

/** A tensor in the memory of a GPU. It must be freed before its session: afterwards its memory is no longer ours to free. */
export class GpuTensor implements DeviceTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly #control: Control;
  readonly #onRelease: (tensor: GpuTensor) => void;
  #ort: OrtTensor | undefined;

  constructor(ort: OrtTensor, control: Control, onRelease: (tensor: GpuTensor) => void) {
    this.dtype = ort.type as DType;
    this.shape = ort.dims;
    this.#ort = ort;
    this.#control = control;
    this.#onRelease = onRelease;
  }

  /** @throws RuntimeError `graph_refused` when it was released */
  get ort(): OrtTensor {
    if (this.#ort) return this.#ort;
    throw new RuntimeError(
      'graph_refused',
      `a tensor [${this.shape.join(', ')}] was released, and a run is fed with it: feed the one that the last run kept`,
    );
  }

  release(): void {
    const ort = this.#ort;
    if (!ort) return;
    this.#ort = undefined;
    this.#onRelease(this);
    // Freeing is native, and must happen while the thread closes: it is announced without asking.
    this.#control.announceNative();
    try {
      ort.dispose();
    } finally {
      this.#control.leaveNative();
    }
  }
}

/** On the CPU a kept tensor is an ordinary one, which the garbage collector frees. */
export type HostTensor = Tensor & DeviceTensor;

export function hostTensor(tensor: Tensor): HostTensor {
  return { ...tensor, release: () => undefined };
}
