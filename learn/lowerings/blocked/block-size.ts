/** What layout a device's convolutions run fastest in. */
import { tensor } from '../../../runtime/tensor.js';
import type { Device } from '../../device.js';
import { writeModel } from '../../onnx/index.js';
import { blockSizeProbe, PROBE_INPUT, PROBE_OUTPUT } from './probe.js';

/** Smaller blocks are no kernels of their own in ONNX Runtime. */
const SMALLEST_BLOCK = 8;

/**
 * The layout to write a training graph for this device with: what `trainingGraph` takes as `cpuLayout`. It is measured by running
 * a graph of one node; a graph with another machine's block size would compute wrong numbers. Nothing is given on a GPU, nor
 * where ONNX Runtime has no such kernels.
 */
export async function cpuLayoutOf(device: Device): Promise<{ readonly blockSize: number } | undefined> {
  if (device.provider !== 'cpu') return undefined;
  const blockSize = await measured(device);
  return blockSize === undefined || blockSize < SMALLEST_BLOCK ? undefined : { blockSize };
}

async function measured(device: Device): Promise<number | undefined> {
  try {
    const session = await device.createSession(writeModel(blockSizeProbe()));
    try {
      const results = await session.run({ [PROBE_INPUT]: tensor('float32', [1, 4, 1, 1], new Float32Array(4)) });
      return results[PROBE_OUTPUT]?.shape[1];
    } finally {
      await session.release();
    }
  } catch (error) {
    // The thread is closing: that says nothing of the kernels.
    if ((error as { code?: unknown }).code === 'stopped') throw error;
    return undefined;
  }
}
