/** The tensors of a training's state: on the GPU that made them, and in this process when somebody wants to read them. */
import type { Tensor } from '../../runtime/tensor.js';
import type { Device, DeviceTensor, Feeds } from '../device.js';
import type { StateTensor } from '../training-graph/index.js';

/** What comes back with every run whatever it is: step counts, the scale of the loss, how many updates were skipped. */
const SMALL_ELEMENTS = 16;

/** The outputs of a session that stay where it computes. Only WebGPU has such outputs: elsewhere the state comes back with every run. */
export function stayingOnDevice(provider: string, state: readonly Pick<StateTensor, 'output' | 'shape'>[]): string[] {
  if (provider !== 'webgpu') return [];
  const large = state.filter(({ shape }) => shape.reduce((product, extent) => product * extent, 1) > SMALL_ELEMENTS);
  return large.map(({ output }) => output);
}

const isOnDevice = (tensor: Tensor | DeviceTensor): tensor is DeviceTensor => !('data' in tensor);

/** The same tensors, all of them with their numbers in this process. */
export async function downloaded(device: Device, tensors: Feeds): Promise<Record<string, Tensor>> {
  const remote = Object.entries(tensors).filter(([, tensor]) => isOnDevice(tensor));
  const read =
    remote.length === 0 ? {} : await device.download(Object.fromEntries(remote) as Record<string, DeviceTensor>);
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, isOnDevice(tensor) ? read[name]! : tensor]),
  );
}

/** By the names of the graph's state. */
export class StateTensors {
  readonly #device: Device;
  #tensors: Feeds;
  #read: Readonly<Record<string, Tensor>> | undefined;

  constructor(device: Device, tensors: Readonly<Record<string, Tensor>>) {
    this.#device = device;
    this.#tensors = tensors;
    this.#read = tensors;
  }

  /** As the next run is fed with them. */
  get fed(): Feeds {
    return this.#tensors;
  }

  /** The state after a run: what lay on the GPU before it is freed. */
  replace(tensors: Feeds): void {
    for (const tensor of Object.values(this.#tensors)) if (isOnDevice(tensor)) tensor.release();
    this.#tensors = tensors;
    this.#read = undefined;
  }

  /** With their numbers. Never written to again. */
  async read(): Promise<Readonly<Record<string, Tensor>>> {
    this.#read ??= await downloaded(this.#device, this.#tensors);
    return this.#read;
  }

  /** One that is small enough to come back with every run. */
  small(name: string): Tensor | undefined {
    const tensor = this.#tensors[name];
    return tensor && !isOnDevice(tensor) ? tensor : undefined;
  }
}
