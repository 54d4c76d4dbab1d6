/** A tensor of the state while the graph is built. */
import type { Tensor } from '../../runtime/tensor.js';
import type { Value } from '../onnx/index.js';
import type { StateRole } from './options.js';

export interface Slot {
  readonly name: string;
  readonly role: StateRole;
  readonly input: Value;
  readonly output: Value;
  /** What the first step is fed; absent where the model stores it. */
  readonly initial?: Tensor;
  /** The stored tensor with whose value it starts, where that has another name. */
  readonly startsAs?: string;
}
