/** What becomes of Dropout (Srivastava et al. 2014) when a network is trained. */
import { Arithmetic, type GraphBuilder, type NodeProto, OnnxError, type Shape, type Value } from '../onnx/index.js';
import { knownNumber } from '../onnx/value.js';

/** An input that the host fills with random numbers in every step. */
export interface RandomInput {
  /** Name of the graph's input, float32. */
  readonly input: string;
  /** Its shape, with the model's symbols, such as `N`. */
  readonly shape: Shape;
  /** Each element is 1 / keep with the probability `keep`, else 0. */
  readonly keep: number;
}

/**
 * Dropout as a multiplication with a mask that is an input of the graph: the numbers come from the host's counter-based
 * draws, so that a step gives the same result wherever, and however often, it is computed. A generator inside the graph has
 * a state that no checkpoint could hold, and is slow.
 *
 * @returns the product and the input to fill; only the value itself where nothing is dropped
 */
export function lowerDropout(
  graph: GraphBuilder,
  node: NodeProto,
  inputs: readonly (Value | undefined)[],
): { readonly output: Value; readonly random?: RandomInput } {
  const where = `the Dropout node "${node.name || node.output[0]}"`;
  const x = inputs[0];
  if (!x) throw new OnnxError(`${where} has no input`);
  if (node.output.length > 1 && node.output[1] !== '')
    throw new OnnxError(`${where} gives out its mask: build the model without that output`);
  const ratio = inputs[1] ? knownNumber(inputs[1]) : 0.5;
  if (ratio === undefined) throw new OnnxError(`${where} needs a constant ratio`);
  if (!(ratio >= 0 && ratio < 1)) throw new OnnxError(`${where} drops a share from 0 to below 1, not ${ratio}`);
  if (ratio === 0) return { output: x };
  const math = new Arithmetic(graph);
  const name = graph.names.free(`mask/${node.output[0]}`);
  const mask = graph.input(name, 'float32', x.shape);
  // The ratio is stored as float32: 1 - 0.1 is to be 0.9, not 0.8999999985.
  const keep = Number((1 - ratio).toPrecision(7));
  return { output: math.mul(x, math.cast(mask, x.dtype)), random: { input: name, shape: x.shape, keep } };
}
