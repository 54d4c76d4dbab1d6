/** Batch normalisation by the statistics of the batch: in words that every provider has, and as the one operator of ONNX. */
import type { Arithmetic, Value } from '../onnx/index.js';
import type { NormalizedBatch } from './lowerings.js';

/** The axes over which a channel of x [N, C, ...] is averaged. */
function averagedAxes(x: Value): number[] {
  return [...x.shape.keys()].filter((axis) => axis !== 1);
}

/** A vector over the channels [C], to broadcast against [N, C, ...]: [C, 1, ...]. */
function overChannels(math: Arithmetic, vector: Value, rank: number): Value {
  return math.unsqueeze(
    vector,
    Array.from({ length: rank - 2 }, (_, axis) => axis + 1),
  );
}

/**
 * y = scale (x - mean) / sqrt(variance + epsilon) + bias, the mean and the biased variance over all axes but the channels'
 * (Ioffe and Szegedy 2015, algorithm 1), out of plain arithmetic. The variance is the mean square of the distance from the mean, not the
 * difference of two moments, which loses all digits where the mean is large.
 *
 * @param x [N, C, ...], of rank 2 or more
 * @param scale [C]
 * @param bias [C]
 */
export function batchNormalizationPrimitives(
  math: Arithmetic,
  x: Value,
  scale: Value,
  bias: Value,
  epsilon: number,
): NormalizedBatch {
  const rank = x.shape.length;
  const axes = averagedAxes(x);
  const mean = math.graph.op('ReduceMean', [x, math.integers(axes)], { keepdims: 1 });
  const centered = math.sub(x, mean);
  const variance = math.graph.op('ReduceMean', [math.square(centered), math.integers(axes)], { keepdims: 0 });
  const factor = math.div(scale, math.sqrt(math.add(variance, epsilon)));
  const output = math.add(math.mul(centered, overChannels(math, factor, rank)), overChannels(math, bias, rank));
  return { output, mean: math.squeeze(mean, axes), variance };
}

/**
 * The same as one node: with momentum 0 the running statistics that it gives out are those of the batch.
 *
 * The node's fourth and fifth input, multiplied by the momentum, must be zeros, but not any zeros: onnxruntime's kernel writes the
 * statistics over them (version 1.30, whatever the optimisation level). Stored zeros would be shared by the two, so that mean and
 * variance were the same numbers, and would keep a NaN for all later runs. These come from x, each by an operator of its own: nodes can only share
 * them where x and so the statistics are the same.
 */
export function batchNormalizationOperator(
  math: Arithmetic,
  x: Value,
  scale: Value,
  bias: Value,
  epsilon: number,
): NormalizedBatch {
  const axes = averagedAxes(x);
  const [starts, ends] = [0, 1].map((place) => math.integers(axes.map(() => place)));
  const first = math.squeeze(math.graph.op('Slice', [x, starts, ends, math.integers(axes)]), axes);
  const [output, mean, variance] = math.graph.ops(
    'BatchNormalization',
    [x, scale, bias, math.mul(first, 0), math.sub(first, first)],
    { epsilon, momentum: 0, training_mode: 1 },
    3,
  ) as [Value, Value, Value];
  return { output, mean, variance };
}
