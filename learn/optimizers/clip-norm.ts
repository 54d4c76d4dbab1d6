/** Gradient clipping by the norm of all gradients together (Pascanu, Mikolov, Bengio 2013), as `torch.nn.utils.clip_grad_norm_` defines it. */
import { type Arithmetic, OnnxError, type Value } from '../onnx/index.js';

/**
 * Scales the gradients by min(1, maxNorm / (norm + 1e-6)), where the norm is the Euclidean one of all their elements.
 * A norm that is not finite makes the gradients NaN, so that the loss of the next step shows it.
 */
export function clipByGlobalNorm(math: Arithmetic, gradients: readonly Value[], maxNorm: number): Value[] {
  if (!(maxNorm > 0 && Number.isFinite(maxNorm)))
    throw new OnnxError(`the largest norm of the gradients is above 0, not ${maxNorm}`);
  const [first] = gradients;
  if (!first) return [];
  const squares = gradients.map((gradient) => math.cast(math.sum(math.square(gradient)), first.dtype));
  const norm = math.sqrt(squares.reduce((total, square) => math.add(total, square)));
  const scale = math.min(math.div(maxNorm, math.add(norm, 1e-6)), 1);
  return gradients.map((gradient) => math.mul(gradient, math.cast(scale, gradient.dtype)));
}
