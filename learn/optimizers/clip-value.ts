/** Gradient clipping by the value of each element, as `torch.nn.utils.clip_grad_value_` defines it. */
import { type Arithmetic, OnnxError, type Value } from '../onnx/index.js';

/**
 * Limits every element to [-largest, largest]. A NaN stays one, so that the loss of the next step shows it.
 * @throws OnnxError unless `largest` is a finite number above 0
 */
export function clipByValue(math: Arithmetic, gradients: readonly Value[], largest: number): Value[] {
  if (!(largest > 0 && Number.isFinite(largest)))
    throw new OnnxError(`the largest value of a gradient is above 0, not ${largest}`);
  return gradients.map((gradient) =>
    math.graph.op('Clip', [gradient, math.scalar(-largest, gradient.dtype), math.scalar(largest, gradient.dtype)]),
  );
}
