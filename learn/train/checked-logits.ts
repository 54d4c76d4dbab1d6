/** Whether a network gave what it was asked for. */
import type { Tensor } from '../../runtime/tensor.js';
import { TrainingError } from './errors.js';

/**
 * A network from a file may do to its batch axis what it likes.
 * @returns [rows, classes]
 * @throws TrainingError `unusable_network`
 */
export function checkedLogits({ data }: Tensor, rows: number, classes: number): Float32Array {
  if (data.length === rows * classes) return data as Float32Array;
  throw new TrainingError(
    'unusable_network',
    `the network gave ${data.length} logits for ${rows} rows and ${classes} classes: it does not treat each row by itself; export it with a dynamic batch`,
  );
}
