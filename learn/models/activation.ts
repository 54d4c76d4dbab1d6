/** Activation functions of our layers, by the name a user gives. */
import type { Arithmetic, Value } from '../onnx/index.js';

type Emit = (math: Arithmetic, x: Value) => Value;

const operator =
  (type: string): Emit =>
  (math, x) =>
    math.graph.op(type, [x]);

/** How each is written. */
export const ACTIVATIONS = {
  relu: operator('Relu'),
  leaky_relu: operator('LeakyRelu'),
  elu: operator('Elu'),
  selu: operator('Selu'),
  gelu: operator('Gelu'),
  tanh: operator('Tanh'),
  sigmoid: operator('Sigmoid'),
  softplus: operator('Softplus'),
  hard_swish: operator('HardSwish'),
  // x * sigmoid(x): an operator of its own only since set 24.
  silu: (math, x) => math.mul(x, math.sigmoid(x)),
} as const satisfies Record<string, Emit>;

/** A name of {@link ACTIVATIONS}. */
export type Activation = keyof typeof ACTIVATIONS;
