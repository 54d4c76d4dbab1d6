/**
 * Group normalisation through layer normalisation. onnxruntime takes GroupNormalization apart into mean and mean square, whose
 * difference loses the variance where the mean is large (version 1.30: NaN for numbers around 1000 +- 1), while its
 * kernel of LayerNormalization sums in float64.
 */
import type { Arithmetic, NodeProto, Value } from '../onnx/index.js';
import type { OperatorLowering } from './lowerings.js';

interface Groups {
  readonly x: Value;
  readonly scale: Value;
  readonly bias: Value;
  readonly groups: number;
  readonly epsilon: number;
  /** The channels of a group. */
  readonly channels: number;
}

/** `undefined` where the number of channels is not known: then the node stays as it is. */
function groupsOf(node: NodeProto, [x, scale, bias]: readonly (Value | undefined)[]): Groups | undefined {
  const entry = (name: string) => node.attribute.find((attribute) => attribute.name === name);
  const groups = Number(entry('num_groups')?.i ?? 0n);
  const count = [x?.shape[1], scale?.shape[0]].find((extent) => typeof extent === 'number');
  if (!x || !scale || !bias || typeof count !== 'number' || groups < 1 || count % groups !== 0) return undefined;
  return { x, scale, bias, groups, epsilon: entry('epsilon')?.f ?? 1e-5, channels: count / groups };
}

/** As one node on [N, groups, channels, elements], with scale and bias [groups, channels, 1], which the CPU's kernel broadcasts. */
export const groupNormalizationAsLayer: OperatorLowering = (math, node, inputs) => {
  const given = groupsOf(node, inputs);
  if (!given) return undefined;
  const { x, groups, channels, epsilon } = given;
  const apart = math.reshape(x, [0, groups, channels, -1]);
  const spread = (vector: Value): Value => math.reshape(vector, [groups, channels, 1]);
  const parts = [apart, spread(given.scale), spread(given.bias)];
  return [math.reshapeLike(math.graph.op('LayerNormalization', parts, { axis: 2, epsilon }), x)];
};

/** In kernels that want a scale for each normalised element: a scale of ones, and what belongs to the channels behind it. */
export const groupNormalizationPrimitives: OperatorLowering = (math, node, inputs) => {
  const given = groupsOf(node, inputs);
  if (!given) return undefined;
  const { x, scale, bias, groups, epsilon } = given;
  const rows = math.reshape(x, [0, groups, -1]);
  const ones = math.graph.op('Expand', [math.scalar(1, x.dtype), math.extentOf(rows, 2)]);
  const standard = math.reshapeLike(math.graph.op('LayerNormalization', [rows, ones], { axis: 2, epsilon }), x);
  return [math.add(math.mul(standard, overChannels(math, scale, x)), overChannels(math, bias, x))];
};

function overChannels(math: Arithmetic, vector: Value, x: Value): Value {
  return math.unsqueeze(
    vector,
    Array.from({ length: x.shape.length - 2 }, (_, axis) => axis + 1),
  );
}
