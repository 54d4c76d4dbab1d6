/** The derivative of batch normalisation, whose cost is the number of times that it reads and writes something as large as x. */
import type { Arithmetic, Operand, Value } from '../../onnx/index.js';
import { multiplyDims } from '../../onnx/shape.js';
import { type Derivative, type DerivativeCall, once } from './derivative.js';

/** A vector over the channels [C], to broadcast against [N, C, ...]. */
function overChannels(math: Arithmetic, vector: Value, rank: number): Value {
  const spatial = Array.from({ length: Math.max(0, rank - 2) }, (_, axis) => axis + 1);
  return math.unsqueeze(vector, spatial);
}

interface Channels {
  /** All axes but the channels'. */
  readonly axes: readonly number[];
  /** How many elements a channel has. */
  count(): Operand;
  /** [C] to [C, 1, ...] */
  spread(vector: Value): Value;
}

function channelsOf(math: Arithmetic, x: Value): Channels {
  const rank = x.shape.length;
  // A list alone is one channel.
  const axes = rank === 1 ? [0] : [...x.shape.keys()].filter((axis) => axis !== 1);
  return {
    axes,
    count() {
      const product = multiplyDims(axes.map((axis) => x.shape[axis]!));
      if (typeof product === 'number') return product;
      const extents = math.graph.op('Gather', [math.shapeOf(x), math.integers(axes)]);
      return math.cast(math.graph.op('ReduceProd', [extents], { keepdims: 0 }), x.dtype);
    },
    spread: (vector) => overChannels(math, vector, rank),
  };
}

/** Mean and biased variance of the batch [C]: the node's outputs, where momentum 0 makes them that, or computed anew. */
function batchStatistics({ node, math, input }: DerivativeCall, { axes }: Channels): readonly [Value, Value] {
  const [, mean, variance] = node.outputs;
  if (node.attributes.number('momentum') === 0 && mean && variance) return [mean, variance];
  const average = (value: Value): Value => math.graph.op('ReduceMean', [value, math.integers(axes)], { keepdims: 1 });
  const kept = average(input(0));
  return [math.squeeze(kept, axes), math.squeeze(average(math.square(math.sub(input(0), kept))), axes)];
}

/** What both modes share. Vectors are [C]. */
function parts(call: DerivativeCall, statistics: (channels: Channels) => readonly [Value, Value]) {
  const { node, math, input } = call;
  const channels = channelsOf(math, input(0));
  const known = once(() => statistics(channels));
  const centered = once(() => math.sub(input(0), channels.spread(known()[0])));
  return {
    channels,
    centered,
    /** 1 / sqrt(variance + epsilon) */
    inverse: once(() => math.div(1, math.sqrt(math.add(known()[1], node.attributes.number('epsilon'))))),
    /** The sum of dy over each channel. */
    sum: once(() => math.sum(call.gradient, channels.axes)),
    /** The sum of dy (x - mean). Of dy x it would lose digits where the mean is large. */
    product: once(() => math.sum(math.mul(call.gradient, centered()), channels.axes)),
  };
}

/** The statistics are those of the batch, so that each element also acts through them. */
const training: Derivative = (call) => {
  const { node, math, input } = call;
  const { channels, centered, inverse, sum, product } = parts(call, (kinds) => batchStatistics(call, kinds));
  const momentum = node.attributes.number('momentum');
  // What something reads of the running statistics: (1 - momentum) of them is the batch's.
  const running = (output: number): Value => math.mul(call.gradientOf(output), 1 - momentum);
  const carried = (output: number) =>
    call.hasGradient(output) ? () => math.mul(call.gradientOf(output), momentum) : undefined;
  return [
    () => {
      // dx = factor dy + slope (x - mean) + offset.
      const factor = math.mul(input(1), inverse());
      let slope = math.mul(math.mul(factor, product()), math.neg(math.square(inverse())));
      let offset = math.neg(math.mul(factor, sum()));
      if (call.hasGradient(1)) offset = math.add(offset, running(1));
      if (call.hasGradient(2)) slope = math.add(slope, math.mul(running(2), 2));
      const count = channels.count();
      const through = math.mul(centered(), channels.spread(math.div(slope, count)));
      const direct = math.mul(call.gradient, channels.spread(factor));
      return math.add(math.add(direct, through), channels.spread(math.div(offset, count)));
    },
    () => math.mul(product(), inverse()),
    () => sum(),
    carried(1),
    carried(2),
  ];
};

/** The statistics are inputs: y is linear in x. */
const inference: Derivative = (call) => {
  const { math, gradient: dy, input } = call;
  const { channels, inverse, sum, product } = parts(call, () => [input(3), input(4)]);
  const factor = once(() => math.mul(input(1), inverse()));
  return [
    () => math.mul(dy, channels.spread(factor())),
    () => math.mul(product(), inverse()),
    () => sum(),
    () => math.neg(math.mul(factor(), sum())),
    () => math.mul(math.mul(math.mul(factor(), math.square(inverse())), product()), -0.5),
  ];
};

export const batchNormalization: Derivative = (call) =>
  (call.node.attributes.number('training_mode') === 0 ? inference : training)(call);
