/** Adds up the gradients of several batches, so that a step can be made with more rows than memory holds. */
import { elementCount, tensor } from '../../runtime/tensor.js';
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
 * The mean of the batches' gradients, each weighted by its rows: for a loss that is a mean over rows this is the gradient of
 * the mean over all of them.
 * @param rows scalar of the gradients' type
 */
export function accumulate(
  math: Arithmetic,
  parameters: readonly Value[],
  gradients: readonly Value[],
  rows: Value,
): Accumulated {
  const { graph } = math;
  const apply = graph.input(graph.names.unused('apply'), 'bool', []);
  const add = (name: string, value: Value): { total: Value; slot: Slot } => {
    if (!isStatic(value.shape)) throw new OnnxError(`the gradient of "${name}" must have a known shape to be added up`);
    const input = graph.input(graph.names.unused(`${name}/accumulated`), 'float32', value.shape);
    const total = math.add(input, math.cast(value, 'float32'));
    const output = math.where(apply, 0, total);
    const initial = tensor('float32', value.shape, new Float32Array(elementCount(value.shape)));
    return { total, slot: { name: input.name, role: 'accumulator', input, output, initial } };
  };
  const count = add('rows', rows);
  const slots = [count.slot];
  const means = parameters.map((parameter, index) => {
    const gradient = gradients[index]!;
    const { total, slot } = add(parameter.name, math.mul(gradient, math.cast(rows, gradient.dtype)));
    slots.push(slot);
    return math.cast(math.div(total, count.total), gradient.dtype);
  });
  return { gradients: means, apply, slots };
}
