/** A device for programs that drive a graph themselves, without a runtime and its actors. */
import type { Device } from '../learn/index.js';
import { Control, openDevice, ThreadBudget } from '../runtime/index.js';

export interface CpuDeviceOptions {
  /** Threads within one operator. Default: the cores of the machine, shared by the sessions that are open. */
  readonly threads?: number;
}

/**
 * ONNX Runtime on the CPU, in this thread: a run blocks it until the results are there. `release` frees every session that the device made.
 *
 * A GPU is not to be had in this way, because two threads on one crash the process: an actor of the runtime owns it.
 * @throws RangeError when `threads` is not a whole number >= 1
 */
export async function cpuDevice({ threads }: CpuDeviceOptions = {}): Promise<Device & { release(): Promise<void> }> {
  if (threads !== undefined && !(Number.isSafeInteger(threads) && threads >= 1))
    throw new RangeError(`threads is a whole number >= 1, not ${threads}`);
  const surroundings = { control: new Control(), budget: new ThreadBudget() };
  return openDevice({ ...surroundings, provider: 'cpu', ...(threads !== undefined && { threads }) });
}
