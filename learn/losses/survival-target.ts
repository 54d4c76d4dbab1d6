/** What was seen of each patient: until when, and whether the event came. */
import { type Arithmetic, isFloat, OnnxError, type Value } from '../onnx/index.js';
import { formatShape } from '../onnx/shape.js';
import type { Rows } from './rows.js';

/** The columns of a survival target; rows of weight 0 hold zeros. */
export interface SurvivalTarget {
  /** Time of the event, or of the last sight. [N, 1] */
  readonly time: Value;
  /** 1 for an event, 0 for a censored row. [N, 1] */
  readonly event: Value;
  /** [N, 1]; only where it was asked for. */
  readonly stratum: Value | undefined;
  /** The losses of rows [N, 1], NaN where time is no number or the event neither 0 nor 1. */
  certain(each: Value): Value;
}

/**
 * @param target [N, 2], time and event, or [N, 3] with the stratum, of the output's type
 * @throws OnnxError when shape or type do not fit
 */
export function survivalTarget(
  math: Arithmetic,
  loss: string,
  { output, target, rows, strata = false }: { output: Value; target: Value; rows: Rows; strata?: boolean },
): SurvivalTarget {
  const count = strata ? 3 : 2;
  const { dtype, shape } = target;
  if (!isFloat(output.dtype) || dtype !== output.dtype || shape.length !== 2 || shape[1] !== count) {
    const columns = strata ? 'time, event and stratum' : 'time and event';
    throw new OnnxError(
      `${loss} takes ${columns} as ${output.dtype}[N, ${count}], not "${target.name}" ${dtype}${formatShape(shape)}`,
    );
  }
  const columns = math.graph.ops('Split', [rows.clean(target)], { axis: 1, num_outputs: count }, count);
  const [time, event] = [columns[0]!, columns[1]!];
  return {
    time,
    event,
    stratum: columns[2],
    certain(each) {
      // Only 0 and 1 are their own squares, and only NaN is not equal to itself.
      const known = math.and(math.equal(event, math.square(event)), math.equal(time, time));
      return math.where(known, each, Number.NaN);
    },
  };
}

/** Outputs of one number a row as a column [N, 1]. @throws OnnxError */
export function scoreColumn(math: Arithmetic, loss: string, output: Value, rows: Rows): Value {
  const { shape } = output;
  if (shape.length === 1) return math.unsqueeze(rows.clean(output), [1]);
  if (shape.length === 2 && shape[1] === 1) return rows.clean(output);
  throw new OnnxError(`${loss} takes one number a row, [N] or [N, 1], not "${output.name}" ${formatShape(shape)}`);
}

/** A column [N, 1] as a row [1, N]. Not by Transpose, which the optimiser of graphs would move behind comparisons, where WebGPU does not have it. */
export function across(math: Arithmetic, column: Value): Value {
  return math.reshape(column, [1, -1]);
}
