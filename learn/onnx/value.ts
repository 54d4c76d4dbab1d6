/** A value of a graph under construction: its name and everything known about it before the graph runs. */
import type { DType, Tensor } from '../../runtime/tensor.js';
import { isFloat } from './data-types.js';
import type { Shape } from './shape.js';

/** Element type and shape of a value. */
export interface ValueType {
  readonly dtype: DType;
  readonly shape: Shape;
  /** The value itself, where it is known and small. */
  readonly constant?: Tensor;
  /**
   * What an int64 or int32 scalar or list holds, as far as it is known: numbers, or the symbols of extents.
   * It lets a `Reshape` to the `Shape` of something have a known shape.
   */
  readonly content?: Shape;
}

/** A value of a graph under construction: an input, a stored tensor, or the output of a node. */
export interface Value extends ValueType {
  readonly name: string;
}

/** Beyond this many elements a constant is data, not something the builder looks into. */
const LARGEST_KNOWN_CONSTANT = 64;

/** What is known of a tensor that stands in the graph. */
export function typeOfConstant(tensor: Tensor): ValueType {
  const { dtype, shape, data } = tensor;
  if (data.length > LARGEST_KNOWN_CONSTANT) return { dtype, shape };
  const whole = dtype === 'int64' || dtype === 'int32';
  if (!whole || shape.length > 1) return { dtype, shape, constant: tensor };
  return { dtype, shape, constant: tensor, content: Array.from(data as BigInt64Array | Int32Array, Number) };
}

/** The number in a constant with one element; `undefined` when the value is not known or has more. */
export function knownNumber(value: Value | undefined): number | undefined {
  const { constant } = value ?? {};
  if (constant?.data.length !== 1 || constant.dtype === 'float16') return undefined;
  return Number(constant.data[0]);
}

/** The numbers of a list of axes or extents; `undefined` when one of them is only known when the graph runs. */
export function knownNumbers(value: Value | undefined): readonly number[] | undefined {
  const content = value?.content;
  return content?.every((dim) => typeof dim === 'number') ? (content as readonly number[]) : undefined;
}

/** Whether gradients flow through values of this type. */
export function isDifferentiable(value: Value | undefined): value is Value {
  return value !== undefined && isFloat(value.dtype);
}
