/** What losses have in common that compare output and target element by element. */
import { Arithmetic, type GraphBuilder, type Value } from '../onnx/index.js';
import { type Checks, finite } from './options.js';
import { type Reduction, reduced, reduction } from './reduction.js';
import { rowsOf } from './rows.js';
import { sameExtents } from './same-extents.js';

/** How elements are left out, and put together. */
export interface ElementwiseOptions {
  /** `mean` (the default) is that of all elements that count, each with the weight of its row. */
  readonly reduction?: Reduction;
  /** Elements with this target count as not there: the mark of a finding that nobody has looked for, -1 for instance. */
  readonly ignoreTarget?: number;
}

export const ELEMENTWISE_CHECKS: Checks<ElementwiseOptions> = { reduction, ignoreTarget: finite };

/**
 * @param output [N, ...]
 * @param target of the type and shape of the output
 * @param sampleWeights [N]; a row of weight 0 has no part, whatever it holds
 * @param loss the losses of the elements
 * @returns a scalar, or the output's shape for the reduction `none`
 */
export function elementwise(
  graph: GraphBuilder,
  name: string,
  { output, target, sampleWeights }: Compared,
  options: ElementwiseOptions,
  loss: (math: Arithmetic, output: Value, target: Value) => Value,
): Value {
  sameExtents(name, output, target);
  const math = new Arithmetic(graph);
  const rows = rowsOf(math, output, sampleWeights, output.shape.length);
  const [x, t] = [rows.clean(output), rows.clean(target)];
  const { ignoreTarget, reduction: how } = options;
  if (ignoreTarget === undefined) return reduced(math, loss(math, x, t), rows.weights, how);
  const ignored = math.equal(t, ignoreTarget);
  const counted = math.cast(math.not(ignored), x.dtype);
  const each = loss(math, math.where(ignored, 0, x), math.where(ignored, 0, t));
  return reduced(math, each, rows.weights ? math.mul(counted, rows.weights) : counted, how);
}

/** What the mean of {@link elementwise} divides by, where elements are left out. */
export function countedElements(
  graph: GraphBuilder,
  output: Value,
  target: Value,
  { ignoreTarget }: { readonly ignoreTarget?: number | undefined },
  sampleWeights: Value | undefined,
): Value | undefined {
  if (ignoreTarget === undefined) return undefined;
  const math = new Arithmetic(graph);
  const rows = rowsOf(math, output, sampleWeights, output.shape.length);
  const counted = math.cast(math.not(math.equal(rows.clean(target), ignoreTarget)), output.dtype);
  return math.sum(rows.weights ? math.mul(counted, rows.weights) : counted);
}

/** What is compared, and the weights of its rows. */
export interface Compared {
  readonly output: Value;
  readonly target: Value;
  readonly sampleWeights: Value | undefined;
}
