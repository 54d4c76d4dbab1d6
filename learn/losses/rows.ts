/** Weights of rows: a row of weight 0, a padding row for instance, has no part in a loss, whatever it holds. */
import { type Arithmetic, OnnxError, type Value } from '../onnx/index.js';
import { formatShape } from '../onnx/shape.js';

/** Rows as a loss sees them. */
export interface Rows {
  /** [N, 1, ...], of the rank asked for. */
  readonly weights: Value | undefined;
  /**
   * The value with zeros in the rows of weight 0. It is done before anything is computed: behind it, 0 times the NaN of such
   * a row would be NaN, in the loss or in a gradient.
   */
  clean(value: Value): Value;
}

/**
 * @param sampleWeights [N], of the type of `output`
 * @param rank of the values that are weighted
 * @throws OnnxError when the weights do not fit the output
 */
export function rowsOf(math: Arithmetic, output: Value, sampleWeights: Value | undefined, rank: number): Rows {
  if (!sampleWeights) return { weights: undefined, clean: (value) => value };
  if (sampleWeights.dtype !== output.dtype || sampleWeights.shape.length !== 1) {
    const { dtype, shape } = sampleWeights;
    throw new OnnxError(`the rows' weights must be ${output.dtype}[N], not ${dtype}${formatShape(shape)}`);
  }
  const toRank = (value: Value, to: number): Value =>
    math.unsqueeze(
      value,
      Array.from({ length: to - 1 }, (_, axis) => axis + 1),
    );
  const weights = toRank(sampleWeights, rank);
  const dead = new Map<number, Value>();
  const deadOf = (to: number): Value => {
    const known = dead.get(to) ?? math.equal(to === rank ? weights : toRank(sampleWeights, to), 0);
    dead.set(to, known);
    return known;
  };
  return { weights, clean: (value) => math.where(deadOf(value.shape.length), 0, value) };
}
