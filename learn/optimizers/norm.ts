/** Euclidean norms of tensors. */
import type { Arithmetic, Value } from '../onnx/index.js';

/** The sum of the squares of all elements: a scalar. float16 is summed in float32, where squares of gradients have room. */
function sumOfSquares(math: Arithmetic, value: Value): Value {
  const wide = value.dtype === 'float16' ? math.cast(value, 'float32') : value;
  return math.graph.op('ReduceSumSquare', [wide], { keepdims: 0 });
}

/** The norm of one tensor: a scalar of its type, float32 for float16. */
export function euclideanNorm(math: Arithmetic, value: Value): Value {
  return math.sqrt(sumOfSquares(math, value));
}

/**
 * The norm of all elements of all gradients together: a scalar, float64 when one of them is and float32 otherwise.
 * @throws RangeError when there is none
 */
export function globalNorm(math: Arithmetic, gradients: readonly Value[]): Value {
  if (gradients.length === 0) throw new RangeError('the norm of no gradient is not defined');
  const dtype = gradients.some((gradient) => gradient.dtype === 'float64') ? 'float64' : 'float32';
  const squares = gradients.map((gradient) => math.cast(sumOfSquares(math, gradient), dtype));
  return math.sqrt(squares.length === 1 ? squares[0]! : math.graph.op('Sum', squares));
}
