/** A fully connected layer, initialised as PyTorch's `nn.Linear`. */
import { tensor } from '../../runtime/tensor.js';
import type { GraphBuilder, Value } from '../onnx/index.js';
import { random, STREAMS } from '../random.js';

/** Draws of one parameter: a stream of its own, so that a layer more does not change the others' weights. */
function uniform(count: number, bound: number, seed: number, parameter: number): Float32Array {
  const draws = random(seed, STREAMS.initialisation, parameter);
  return Float32Array.from({ length: count }, () => (2 * draws.uniform() - 1) * bound);
}

/**
 * x W^T + b with `<name>.weight` [outputs, inputs] and `<name>.bias` [outputs].
 *
 * Both are uniform within +-1/sqrt(inputs): for the weight that is Kaiming's bound sqrt(6 / ((1 + a^2) fan_in)) with
 * a = sqrt(5) (He et al. 2015, equation 14, for a leaky ReLU of slope a).
 *
 * @param x [N, inputs]
 * @param firstParameter number of the weight among the model's parameters; the bias has the next
 */
export function linear(
  graph: GraphBuilder,
  name: string,
  x: Value,
  size: { readonly inputs: number; readonly outputs: number },
  seed: number,
  firstParameter: number,
  output = `${name}.output`,
): Value {
  const { inputs, outputs } = size;
  const bound = 1 / Math.sqrt(inputs);
  const weights = uniform(inputs * outputs, bound, seed, firstParameter);
  const weight = graph.initializer(`${name}.weight`, tensor('float32', [outputs, inputs], weights));
  const bias = graph.initializer(
    `${name}.bias`,
    tensor('float32', [outputs], uniform(outputs, bound, seed, firstParameter + 1)),
  );
  return graph.op('Gemm', [x, weight, bias], { transB: 1 }, { name: output });
}
