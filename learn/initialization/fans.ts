/** How many numbers meet in a weight, as `torch.nn.init` counts them. */
import { elementCount } from '../../runtime/tensor.js';

/** How many numbers each result is made of, and each input goes into. */
export interface Fans {
  /** Inputs that one output sees. */
  readonly fanIn: number;
  /** Outputs that one input reaches. */
  readonly fanOut: number;
}

/**
 * For weights [outputs, inputs / groups, ...kernel] of linear layers and convolutions. A transposed convolution keeps its weight as
 * [inputs, outputs / groups, ...kernel]; PyTorch does not tell it apart, so there the two change places.
 * @throws RangeError for fewer than two axes, and for an empty weight
 */
export function fansOf(shape: readonly number[]): Fans {
  const [outputs, inputs, ...kernel] = shape;
  if (outputs === undefined || inputs === undefined)
    throw new RangeError(`a weight with fans has two axes or more, not the shape [${shape.join(', ')}]`);
  if (shape.includes(0)) throw new RangeError(`a weight of the shape [${shape.join(', ')}] is empty`);
  const places = elementCount(kernel);
  return { fanIn: inputs * places, fanOut: outputs * places };
}
