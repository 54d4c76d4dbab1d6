/** Derivatives of convolutions. Each is linear in x and in the weight; how their transposes are written is the provider's affair. */
import type { Value } from '../../onnx/index.js';
import { transposedWindow } from '../../onnx/operators/convolution.js';
import { windowOf } from '../../onnx/operators/window.js';
import { isStatic, type Shape } from '../../onnx/shape.js';
import type { Derivative, DerivativeCall, DerivativeTable } from './derivative.js';

const UNKNOWN_PADDING =
  'its padding follows from extents that are not known before the run; give explicit pads, or fixed spatial extents';

function kernelOf({ node, input, fail }: DerivativeCall): readonly number[] {
  const extents: Shape = input(1).shape.slice(2);
  if (isStatic(extents)) return extents;
  return node.attributes.numbers('kernel_shape') ?? fail('the extents of its kernel must be known');
}

/** x, its channels known where the weight tells them: behind a Resize or Concat of computed extents only the run would. */
function withChannels({ node, input }: DerivativeCall): Value {
  const [x, [, perGroup]] = [input(0), input(1).shape];
  if (typeof x.shape[1] === 'number' || typeof perGroup !== 'number') return x;
  return { ...x, shape: x.shape.with(1, perGroup * node.attributes.number('group')) };
}

/** The bias is added at every place of every image. */
function biasGradient({ math, gradient }: DerivativeCall): Value {
  return math.sum(
    gradient,
    [...gradient.shape.keys()].filter((axis) => axis !== 1),
  );
}

const conv: Derivative = (call) => {
  const { node, math, lowerings, gradient: dy, input } = call;
  const [x, weight] = [withChannels(call), input(1)];
  const slides = windowOf(node.attributes, kernelOf(call), x.shape.slice(2)) ?? call.fail(UNKNOWN_PADDING);
  const window = { ...slides, group: node.attributes.number('group') };
  return [
    () => lowerings.convolutionInputGradient(math, x, weight, dy, window),
    () => lowerings.convolutionWeightGradient(math, x, dy, window),
    () => biasGradient(call),
  ];
};

/** y = convTranspose(x, weight) is what runs y' = conv(x', weight) backwards: x takes the place of y', and y that of x'. */
const convTranspose: Derivative = (call) => {
  const { node, math, lowerings, gradient: dy, input } = call;
  const [x, weight] = [input(0), input(1)];
  const kernel = kernelOf(call);
  const spread = transposedWindow(node.attributes, kernel, x.shape.slice(2)) ?? call.fail(UNKNOWN_PADDING);
  const window = { ...spread.window, group: node.attributes.number('group') };
  return [
    () => {
      const { strides, dilations, padsBegin, padsEnd, group } = window;
      const pads = [...padsBegin, ...padsEnd];
      const slid = math.graph.op('Conv', [dy, weight], { kernel_shape: kernel, strides, dilations, pads, group });
      return firstOf(call, slid, x);
    },
    () => lowerings.convolutionWeightGradient(math, dy, x, window),
    () => biasGradient(call),
  ];
};

/** As many elements as x has: where output padding is a stride or more, windows fit into it that nothing was spread from. */
function firstOf({ math }: DerivativeCall, value: Value, x: Value): Value {
  const axes = Array.from({ length: x.shape.length - 2 }, (_, axis) => axis + 2);
  if (axes.every((axis) => value.shape[axis] === x.shape[axis])) return value;
  const ends = math.graph.op('Shape', [x], { start: 2 });
  const starts = math.integers(axes.map(() => 0));
  return math.reshapeLike(math.graph.op('Slice', [value, starts, ends, math.integers(axes)]), x);
}

export const CONVOLUTION: DerivativeTable = { Conv: conv, ConvTranspose: convTranspose };
