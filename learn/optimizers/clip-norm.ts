/** Gradient clipping by the norm of all gradients together (Pascanu, Mikolov, Bengio 2013), as `torch.nn.utils.clip_grad_norm_` defines it. */
import { type Arithmetic, OnnxError, type Value } from '../onnx/index.js';
import { globalNorm } from './norm.js';

/**
 * Scales the gradients by min(1, maxNorm / (norm + 1e-6)), where the norm is the Euclidean one of all their elements.
 * An element that is not finite becomes NaN, so that the loss of the next step shows it.
 *
 * @param norm what {@link globalNorm} gave for these gradients, where the graph has it already
 * @throws OnnxError unless `maxNorm` is a finite number above 0
 */
export function clipByGlobalNorm(
  math: Arithmetic,
  gradients: readonly Value[],
  maxNorm: number,
  norm?: Value,
): Value[] {
  if (!(maxNorm > 0 && Number.isFinite(maxNorm)))
    throw new OnnxError(`the largest norm of the gradients is above 0, not ${maxNorm}`);
  if (gradients.length === 0) return [];
  const length = norm ?? globalNorm(math, gradients);
  const scale = math.min(math.div(maxNorm, math.add(length, 1e-6)), 1);
  return gradients.map((gradient) => math.mul(gradient, math.cast(scale, gradient.dtype)));
}
