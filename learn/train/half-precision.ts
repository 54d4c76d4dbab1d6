/** Whether a device computes in float16: some GPUs, and all software that stands in for one, do not. */
import { tensor } from '../../runtime/tensor.js';
import type { Device } from '../device.js';
import { Arithmetic, GraphBuilder, writeModel } from '../onnx/index.js';
import { TrainingError } from './errors.js';

/**
 * Tries a sum in float16, before a training that needs it has begun. The CPU has it always.
 * @throws TrainingError `unusable_precision`
 */
export async function checkHalfPrecision(device: Device): Promise<void> {
  if (device.provider === 'cpu') return;
  const graph = new GraphBuilder('half_precision');
  const math = new Arithmetic(graph);
  const half = math.cast(graph.input('x', 'float32', ['N']), 'float16');
  graph.output(math.cast(math.add(half, half), 'float32'), 'y');
  let cause: unknown;
  try {
    const session = await device.createSession(writeModel(graph.toModel()));
    try {
      const { y } = await session.run({ x: tensor('float32', [2], Float32Array.of(1, 2)) });
      if (Number(y?.data[0]) === 2 && Number(y?.data[1]) === 4) return;
    } finally {
      await session.release();
    }
  } catch (error) {
    if ((error as { code?: unknown }).code === 'stopped') throw error;
    cause = error;
  }
  throw new TrainingError(
    'unusable_precision',
    `the ${device.provider} of this machine does not compute in float16, which mixed precision needs: leave out use_amp, or train on the CPU`,
    { cause },
  );
}
