/**
 * Derivatives of normalisations. With z = (x - mean) / sqrt(variance + epsilon) over some axes and g the gradient of z,
 * dx = (g - mean(g) - z mean(g z)) / sqrt(variance + epsilon): the mean and the part along z cannot change z (Ioffe and Szegedy 2015, section 3).
 */
import { shapeList } from '../../lowerings/extents.js';
import type { Arithmetic, Operand, Value } from '../../onnx/index.js';
import { multiplyDims } from '../../onnx/shape.js';
import { batchNormalization } from './batch-normalization.js';
import {
  axisFromFront,
  type Derivative,
  type DerivativeCall,
  type DerivativeTable,
  once,
  single,
} from './derivative.js';

function mean(math: Arithmetic, x: Value, axes: readonly number[]): Value {
  return math.graph.op('ReduceMean', [x, math.integers(axes)], { keepdims: 1 });
}

/** How many elements the axes have together. */
function count(math: Arithmetic, x: Value, axes: readonly number[]): Operand {
  const product = multiplyDims(axes.map((axis) => x.shape[axis]!));
  if (typeof product === 'number') return product;
  const extents = math.graph.op('Gather', [math.shapeOf(x), math.integers(axes)]);
  return math.cast(math.graph.op('ReduceProd', [extents], { keepdims: 0 }), x.dtype);
}

interface Standardized {
  /** (x - mean) / sqrt(variance + epsilon), of the shape of x. */
  readonly standard: Value;
  /** 1 / sqrt(variance + epsilon), the normalised axes of extent 1. */
  readonly inverse: Value;
}

/**
 * x standardised over the axes from `from` on: by one node, whose kernel sums in float64. For float64 data it gives out
 * float32 statistics, so there it is written out.
 */
function standardize(math: Arithmetic, x: Value, from: number, epsilon: number): Standardized {
  const axes = [...x.shape.keys()].slice(from);
  if (x.dtype === 'float64') {
    const centered = math.sub(x, mean(math, x, axes));
    const deviation = math.sqrt(math.add(mean(math, math.square(centered), axes), epsilon));
    return { standard: math.div(centered, deviation), inverse: math.div(1, deviation) };
  }
  const extents = shapeList(
    math,
    axes.map((axis) => (typeof x.shape[axis] === 'number' ? x.shape[axis] : math.extentOf(x, axis))),
  );
  const ones = math.graph.op('Expand', [math.scalar(1, x.dtype), extents]);
  const attributes = { axis: from, epsilon };
  const [standard, , inverse] = math.graph.ops('LayerNormalization', [x, ones], attributes, 3);
  return { standard: standard!, inverse: math.cast(inverse!, x.dtype) };
}

const layerNormalization: Derivative = (call) => {
  const { node, math, gradient: dy, input } = call;
  const [x, scale] = [input(0), input(1)];
  const from = axisFromFront(call);
  const axes = [...x.shape.keys()].slice(from);
  const parts = once(() => standardize(math, x, from, node.attributes.number('epsilon')));
  const product = once(() => math.mul(dy, parts().standard));
  /** mean(g z): the product that the scale's gradient needs anyway, times the scale, where that is a product of matrices. */
  const meanAlong = (g: Value): Value => {
    const rowwise = scale.shape.length === 1 && axes.length === 1 && x.shape.length > 1;
    if (!rowwise) return mean(math, math.mul(g, parts().standard), axes);
    return math.matmul(product(), math.unsqueeze(math.div(scale, count(math, x, axes)), [1]));
  };
  return [
    () => {
      const { standard, inverse } = parts();
      const g = math.mul(dy, scale);
      let constant = mean(math, g, axes);
      let along = meanAlong(g);
      // The statistics are outputs too: mean and 1 / sqrt(variance + epsilon).
      if (call.hasGradient(1)) {
        const share = math.div(math.cast(call.gradientOf(1), x.dtype), count(math, x, axes));
        constant = math.sub(constant, math.div(share, inverse));
      }
      if (call.hasGradient(2)) {
        const share = math.div(math.cast(call.gradientOf(2), x.dtype), count(math, x, axes));
        along = math.add(along, math.mul(share, inverse));
      }
      return math.mul(math.sub(math.sub(g, math.mul(standard, along)), constant), inverse);
    },
    () => product(),
    () => dy,
  ];
};

/**
 * Each group of channels of each row is normalised, with a scale and a bias for each channel. Everything is seen as
 * [N, groups, channels of a group, elements of a channel], so that sums over a channel serve for scale, bias and x.
 */
function groupNormalization(call: DerivativeCall, groups: number, channels: number): Derivative {
  const { node, math, input } = call;
  const [x, scale] = [input(0), input(1)];
  const apart = (value: Value): Value => math.reshape(value, [0, groups, channels, -1]);
  const perChannel = (vector: Value): Value => math.reshape(vector, [groups === 0 ? -1 : groups, channels, 1]);
  const parts = once(() => standardize(math, apart(x), 2, node.attributes.number('epsilon')));
  const dy = once(() => apart(call.gradient));
  const sum = once(() => math.sum(dy(), [3], true));
  const product = once(() => math.sum(math.mul(dy(), parts().standard), [3], true));
  const overBatch = (value: Value): Value => math.reshape(math.sum(value, [0]), [-1]);
  return () => [
    () => {
      const { standard, inverse } = parts();
      const weight = perChannel(scale);
      const size = count(math, standard, [2, 3]);
      const share = (value: Value): Value =>
        math.mul(math.div(math.sum(math.mul(value, weight), [2], true), size), inverse);
      const direct = math.mul(dy(), math.mul(weight, inverse));
      return math.reshapeLike(math.sub(math.sub(direct, math.mul(standard, share(product()))), share(sum())), x);
    },
    () => overBatch(product()),
    () => overBatch(sum()),
  ];
}

const instances: Derivative = (call) => groupNormalization(call, 0, 1)(call);

const groups: Derivative = (call) => {
  const { node, input, fail } = call;
  const channels = [input(0).shape[1], input(1).shape[0]].find((extent) => typeof extent === 'number');
  if (channels === undefined) return fail('the number of its channels must be known');
  const count = node.attributes.number('num_groups');
  return groupNormalization(call, count, Number(channels) / count)(call);
};

/** A sum over channels is written one by one. Real networks sum over 5 or so. */
const MOST_CHANNELS = 512;

/** The sum over the channels around each one: `before` of them and `behind`. */
function sumOverWindow(math: Arithmetic, x: Value, before: number, behind: number): Value {
  const pads = [before, behind].flatMap((pad) => x.shape.map((_, axis) => (axis === 1 ? pad : 0)));
  const padded = math.graph.op('Pad', [x, math.integers(pads)]);
  const size = before + behind;
  const shifted = Array.from({ length: size + 1 }, (_, start) => {
    const end = start === size ? 2 ** 31 - 1 : start - size;
    const part = math.graph.op('Slice', [padded, math.integers([start]), math.integers([end]), math.integers([1])]);
    return math.reshapeLike(part, x);
  });
  return shifted.reduce((total, next) => math.add(total, next));
}

/** y = x s^-beta with s = bias + alpha / size * (the sum of x^2 over the channels around) (Krizhevsky et al. 2012, section 3.3). */
const localResponse = single(({ node, math, gradient: dy, output: y, fail }, x) => {
  const [alpha, beta, bias, size] = ['alpha', 'beta', 'bias', 'size'].map((name) => node.attributes.number(name)) as [
    number,
    number,
    number,
    number,
  ];
  // Beyond the first and the last channel there is nothing to sum.
  const farthest = typeof x.shape[1] === 'number' ? Math.max(0, x.shape[1] - 1) : size;
  const before = Math.min(farthest, Math.floor((size - 1) / 2));
  const behind = Math.min(farthest, Math.ceil((size - 1) / 2));
  if (before + behind >= MOST_CHANNELS) fail(`sums over ${size} channels are not supported: at most ${MOST_CHANNELS}`);
  const s = math.add(math.mul(sumOverWindow(math, math.square(x), before, behind), alpha / size), bias);
  // Those whose window an element is in lie around it the other way round.
  const reached = sumOverWindow(math, math.div(math.mul(dy, y), s), behind, before);
  return math.sub(math.mul(dy, math.pow(s, -beta)), math.mul(math.mul(x, reached), (2 * alpha * beta) / size));
});

/** y = x / |x|; at the origin, where y is set to 0, the gradient is 0. */
const norm = single((call, x) => {
  const { node, math, gradient: dy, output: y } = call;
  const axis = axisFromFront(call);
  const absolute = node.attributes.number('p') === 1;
  const size = math.graph.op(absolute ? 'ReduceL1' : 'ReduceL2', [x, math.integers([axis])]);
  const isOrigin = math.equal(size, 0);
  const direction = absolute ? math.sign(x) : y;
  const tangent = math.sub(dy, math.mul(direction, math.sum(math.mul(dy, y), [axis], true)));
  return math.where(isOrigin, 0, math.div(tangent, math.where(isOrigin, 1, size)));
});

/** y = (x - mean) / (deviation + 1e-9), as the operator's definition in the ONNX standard has it. */
const meanVariance = single(({ node, math, gradient: dy }, x) => {
  const axes = (node.attributes.numbers('axes') ?? []).map((axis) => (axis < 0 ? axis + x.shape.length : axis));
  const centered = math.sub(x, mean(math, x, axes));
  const deviation = math.sqrt(mean(math, math.square(centered), axes));
  const inverse = math.div(1, math.add(deviation, 1e-9));
  const safe = math.where(math.equal(deviation, 0), 1, deviation);
  const along = math.div(math.mul(mean(math, math.mul(dy, centered), axes), inverse), safe);
  return math.mul(math.sub(math.sub(dy, mean(math, dy, axes)), math.mul(centered, along)), inverse);
});

export const NORMALIZATION: DerivativeTable = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  InstanceNormalization: instances,
  GroupNormalization: groups,
  LRN: localResponse,
  LpNormalization: norm,
  MeanVarianceNormalization: meanVariance,
};
