/** Exponential moving averages of the parameters (Polyak and Juditsky 1992), which often score better than the parameters themselves. */
import { Arithmetic, type GraphBuilder, OnnxError, type Value } from '../onnx/index.js';
import type { StateSlot } from './optimizer.js';

/** What an average needs to know of a tensor that is kept from step to step. */
export interface AveragedSlot {
  readonly name: string;
  readonly role: string;
  readonly output: Value;
}

/** How the average treats its first steps. */
export interface AverageOptions {
  /** Decay min(decay, (1 + t) / (10 + t)) in step t = 1, 2, ...: the start counts less (as TensorFlow's `ExponentialMovingAverage`). */
  readonly warmUp?: boolean;
}

/**
 * Adds to each parameter an average: decay * average + (1 - decay) * new parameter. It starts as the parameter does.
 *
 * @param slots what `emitUpdates` gave; its count of the steps is used where it has one
 * @param decay 0 to below 1; 0.999 looks back over about 1,000 steps
 * @returns the slots to add, in the order of the parameters
 * @throws OnnxError when the decay is out of range, or there is no parameter
 */
export function emitAverages(
  graph: GraphBuilder,
  slots: readonly AveragedSlot[],
  decay: number,
  { warmUp = false }: AverageOptions = {},
): StateSlot[] {
  if (!(decay >= 0 && decay < 1)) throw new OnnxError(`the decay of an average is from 0 to below 1, not ${decay}`);
  const parameters = slots.filter(({ role }) => role === 'parameter');
  if (parameters.length === 0) throw new OnnxError('there is no parameter to average');
  const math = new Arithmetic(graph);
  const added: StateSlot[] = [];
  return graph.names.within('average', () => {
    const share = warmUp ? risingShare(math, stepOf(graph, math, slots, added), decay) : 1 - decay;
    for (const { name, output } of parameters) {
      const input = graph.input(graph.names.unused(`${name}/average`), output.dtype, output.shape);
      const weight = typeof share === 'number' ? share : math.cast(share, output.dtype);
      const change = math.mul(math.sub(output, input), weight);
      const average = math.add(input, change, { name: graph.names.unused(`${input.name}/next`) });
      added.push({ name: input.name, role: 'average', input, output: average, startsAs: name });
    }
    return added;
  });
}

/** 1 - min(decay, (1 + t) / (10 + t)), float64. */
function risingShare(math: Arithmetic, step: Value, decay: number): Value {
  return math.sub(1, math.min(math.div(math.add(step, 1), math.add(step, 10)), decay));
}

/** The number of this step, from 1, as float64. */
function stepOf(graph: GraphBuilder, math: Arithmetic, slots: readonly AveragedSlot[], added: StateSlot[]): Value {
  const known = slots.find(({ role }) => role === 'step');
  if (known) return math.cast(known.output, 'float64');
  const input = graph.input(graph.names.unused('step'), 'int64', []);
  const output = math.add(input, 1, { name: graph.names.unused(`${input.name}/next`) });
  const initial = { dtype: 'int64', shape: [], data: new BigInt64Array(1) } as const;
  added.push({ name: input.name, role: 'step', input, output, initial });
  return math.cast(output, 'float64');
}
