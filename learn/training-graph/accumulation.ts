/** Adds up the gradients of several batches, so that a step can be made with more rows than memory holds. */
import { elementCount, type Tensor, tensor } from '../../runtime/tensor.js';
import { type Arithmetic, OnnxError, type Value } from '../onnx/index.js';
import { isStatic } from '../onnx/shape.js';
import type { Slot } from './slot.js';

/** Gradients added up with this batch's, and the state that keeps them. */
export interface Accumulated {
  /** The mean over all rows so far, for each parameter. */
  readonly gradients: readonly Value[];
  /** bool scalar: whether the step changes the weights. */
  readonly apply: Value;
  readonly slots: readonly Slot[];
}

/**
 * The mean of the batches' gradients, each weighted by what the mean of its loss divides by: so this is the gradient of the mean over
 * all of them. Sums are kept in float32, those of float64 gradients in float64.
 * @param weight float32 scalar: the rows of the batch, or the sum of their weights. Where it is 0 in all of them the gradients are 0.
 */
export function accumulate(
  math: Arithmetic,
  parameters: readonly Value[],
  gradients: readonly Value[],
  weight: Value,
): Accumulated {
  const { graph } = math;
  const apply = graph.input(graph.names.unused('apply'), 'bool', []);
  const add = (name: string, value: Value): { total: Value; slot: Slot } => {
    if (!isStatic(value.shape)) throw new OnnxError(`the gradient of "${name}" must have a known shape to be added up`);
    const input = graph.input(graph.names.unused(`${name}/accumulated`), value.dtype, value.shape);
    const total = math.add(input, value);
    const output = math.where(apply, 0, total);
    const initial = zeros(value);
    return { total, slot: { name: input.name, role: 'accumulator', input, output, initial } };
  };
  const count = add('rows', weight);
  const slots = [count.slot];
  // Of nothing at all the sum is 0 already.
  const divisor = math.where(math.equal(count.total, 0), 1, count.total);
  const means = parameters.map((parameter, index) => {
    const gradient = gradients[index]!;
    const dtype = gradient.dtype === 'float64' ? 'float64' : 'float32';
    const { total, slot } = add(parameter.name, math.mul(math.cast(gradient, dtype), math.cast(weight, dtype)));
    slots.push(slot);
    return math.cast(math.div(total, math.cast(divisor, dtype)), gradient.dtype);
  });
  return { gradients: means, apply, slots };
}

function zeros({ dtype, shape }: Value): Tensor {
  const count = elementCount(shape as readonly number[]);
  return dtype === 'float64'
    ? tensor('float64', shape as readonly number[], new Float64Array(count))
    : tensor('float32', shape as readonly number[], new Float32Array(count));
}
