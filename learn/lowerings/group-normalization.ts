/**
 * Group normalisation through layer normalisation. onnxruntime takes GroupNormalization apart into mean and mean square, whose
 * difference loses the variance where the mean is large (version 1.30: NaN for numbers around 1000 +- 1), while its
 * kernel of LayerNormalization sums in float64.
 */
import type { Arithmetic, Value } from '../onnx/index.js';
import type { OperatorLowering } from './lowerings.js';

/** In kernels that want a scale for each normalised element: a scale of ones, and what belongs to the channels behind it. */
export const groupNormalizationPrimitives: OperatorLowering = (math, node, [x, scale, bias]) => {
  const entry = (name: string) => node.attribute.find((attribute) => attribute.name === name);
  const groups = Number(entry('num_groups')?.i ?? 0n);
  const channels = [x?.shape[1], scale?.shape[0]].find((extent) => typeof extent === 'number');
  // Without their number the node stays as it is.
  if (!x || !scale || !bias || typeof channels !== 'number' || groups < 1 || channels % groups !== 0) return undefined;
  const epsilon = entry('epsilon')?.f ?? 1e-5;
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
