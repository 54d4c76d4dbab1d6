/** The smallest model that shows whether a provider computes: relu(x w + b). */
import { GraphBuilder, writeModel } from '../../../learn/onnx/index.js';
import { type Tensor, tensor } from '../../../runtime/tensor.js';

/** x [2, 3], w [3, 2], b [2] */
const X = [1, -2, 3, 0.5, 4, -1];
const W = [2, -1, 0.5, 3, -4, 1];
const B = [10, -0.25];

/** By hand: [[-11, -4], [7, 10.5]] + b, negative values cut off. Every number is exact in float32, and in float16. */
export const EXPECTED: readonly number[] = [0, 0, 17, 10.25];

const floats = (shape: readonly number[], values: readonly number[]): Tensor<'float32'> =>
  tensor('float32', shape, Float32Array.from(values));

/** The model as a file: input `x` float32 [2, 3], output `y` float32 [2, 2]. */
export function tinyModel(): Uint8Array {
  const graph = new GraphBuilder('doctor');
  const x = graph.input('x', 'float32', [2, 3]);
  const product = graph.op('MatMul', [x, graph.initializer('w', floats([3, 2], W))]);
  const sum = graph.op('Add', [product, graph.initializer('b', floats([2], B))]);
  graph.output(graph.op('Relu', [sum]), 'y');
  return writeModel(graph.toModel());
}

export function tinyInput(): Tensor<'float32'> {
  return floats([2, 3], X);
}
