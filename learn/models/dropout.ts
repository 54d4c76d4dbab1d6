/** What becomes of Dropout (Srivastava et al. 2014) when a network is trained. */
import { Arithmetic, type GraphBuilder, type NodeProto, OnnxError, type Shape, type Value } from '../onnx/index.js';
import { knownNumber } from '../onnx/value.js';

/** An input that the host fills with random numbers in every step. */
export interface RandomInput {
  /** Name of the graph's input, float32. */
  readonly input: string;
  /** Its shape, with the model's symbols, such as `N`, and products of them, such as `5*N` rows of tokens. */
  readonly shape: Shape;
  /** Each element is 1 / keep with the probability `keep`, else 0. */
  readonly keep: number;
}

/**
 * The shape of the numbers to draw for a batch.
 * @param extents of the model's symbols, `{ N: 32 }`: a mask of tokens [5*N, 8] then is [160, 8]
 * @throws OnnxError when the shape has a symbol that is not given
 */
export function randomShape({ input, shape }: RandomInput, extents: Readonly<Record<string, number>>): number[] {
  const extentOf = (factor: string): number => {
    if (/^\d+$/.test(factor)) return Number(factor);
    if (Object.hasOwn(extents, factor)) return extents[factor]!;
    throw new OnnxError(
      `the random input "${input}" has an extent ${factor} that nobody gave: give the network's input a fixed extent there`,
    );
  };
  return shape.map((dim) => {
    if (typeof dim === 'number') return dim;
    return dim.split('*').reduce((product, factor) => product * extentOf(factor), 1);
  });
}

/**
 * Dropout as a multiplication with a mask that is an input of the graph: the numbers come from the host's counter-based
 * draws, so that a step gives the same result wherever, and however often, it is computed. A generator inside the graph has
 * a state that no checkpoint could hold, and is slow.
 *
 * @returns the product and the input to fill; only the value itself where nothing is dropped. `kept` is there where the node
 * gives out which elements were kept, as PyTorch's exporter writes it in training mode: bool, of the shape of the value.
 */
export function lowerDropout(
  graph: GraphBuilder,
  node: NodeProto,
  inputs: readonly (Value | undefined)[],
): { readonly output: Value; readonly kept?: Value; readonly random?: RandomInput } {
  const where = `the Dropout node "${node.name || node.output[0]}"`;
  const x = inputs[0];
  if (!x) throw new OnnxError(`${where} has no input`);
  const ratio = inputs[1] ? knownNumber(inputs[1]) : 0.5;
  if (ratio === undefined) throw new OnnxError(`${where} needs a constant ratio`);
  if (!(ratio >= 0 && ratio < 1)) throw new OnnxError(`${where} drops a share from 0 to below 1, not ${ratio}`);
  const math = new Arithmetic(graph);
  const keptOf = (mask: () => Value) => (node.output[1] ? { kept: math.cast(mask(), 'bool') } : {});
  if (ratio === 0) return { output: x, ...keptOf(() => math.onesLike(x)) };
  const name = graph.names.free(`mask/${node.output[0]}`);
  const mask = graph.input(name, 'float32', x.shape);
  // The ratio is stored as float32: 1 - 0.1 is to be 0.9, not 0.8999999985.
  const keep = Number((1 - ratio).toPrecision(7));
  const random = { input: name, shape: x.shape, keep };
  return { output: math.mul(x, math.cast(mask, x.dtype)), ...keptOf(() => mask), random };
}
