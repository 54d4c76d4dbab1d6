/** Derivatives of operators that move elements: the gradient takes the same way back. */
import type { Value } from '../../onnx/index.js';
import { type Derivative, type DerivativeCall, type DerivativeTable, once, single } from './derivative.js';

const asBefore = single(({ math, gradient: dy }, x) => math.reshapeLike(dy, x));

function axisFromFront({ node, input }: DerivativeCall): number {
  const axis = node.attributes.number('axis');
  return axis < 0 ? axis + input(0).shape.length : axis;
}

const concat: Derivative = (call) => {
  const { node, math, gradient: dy, input } = call;
  const axis = axisFromFront(call);
  const parts = once(() => {
    const extents = node.inputs.map((_, index) => math.extentOf(input(index), axis));
    const sizes = math.graph.op('Concat', extents, { axis: 0 });
    return math.graph.ops('Split', [dy, sizes], { axis }, node.inputs.length);
  });
  return node.inputs.map((_, index) => () => parts()[index]!);
};

/** Adds each part of the gradient to the rows its index names; an index that comes twice collects both. */
const gather: Derivative = (call) => {
  const { math, gradient: dy, input } = call;
  const [x, indices] = [input(0), input(1)];
  const axis = axisFromFront(call);
  const indexRank = indices.shape.length;
  const axes = [...x.shape.keys()];
  const others = axes.filter((other) => other !== axis);
  return [
    () => {
      const front = math.transpose(math.zerosLike(x), [axis, ...others]);
      const indexAxes = Array.from({ length: indexRank }, (_, place) => axis + place);
      const rest = [...dy.shape.keys()].filter((place) => !indexAxes.includes(place));
      const updates = math.transpose(dy, [...indexAxes, ...rest]);
      const places = math.unsqueeze(indices, [-1]);
      const sum = math.graph.op('ScatterND', [front, places, updates], { reduction: 'add' });
      const back = axes.map((place) => (place === axis ? 0 : others.indexOf(place) + 1));
      return math.transpose(sum, back);
    },
  ];
};

const gatherElements: Derivative = (call) => {
  const { math, gradient: dy, input } = call;
  const attributes = { axis: axisFromFront(call), reduction: 'add' };
  return [() => math.graph.op('ScatterElements', [math.zerosLike(input(0)), input(1), dy], attributes)];
};

/** The numbers of the elements, sliced as the elements were, tell where each part of the gradient goes. */
const slice: Derivative = ({ node, math, gradient: dy, input }) => [
  () => {
    const x = input(0);
    const { graph } = math;
    const range = [math.scalar(0, 'int64'), graph.op('Size', [x]), math.scalar(1, 'int64')];
    const numbers = graph.op('Reshape', [graph.op('Range', range), math.shapeOf(x)], { allowzero: 1 });
    const flat = (value: Value) => math.reshape(value, [-1]);
    const places = flat(graph.op('Slice', [numbers, ...node.inputs.slice(1)]));
    return math.reshapeLike(graph.op('ScatterElements', [flat(math.zerosLike(x)), places, flat(dy)]), x);
  },
];

export const MOVEMENT: DerivativeTable = {
  Reshape: asBefore,
  Flatten: asBefore,
  Squeeze: asBefore,
  Unsqueeze: asBefore,
  // The walk sums over what was repeated.
  Expand: single(({ gradient: dy }) => dy),
  Transpose: single(({ node, math, gradient: dy }, x) => {
    const order = node.attributes.numbers('perm') ?? [...x.shape.keys()].reverse();
    return math.transpose(
      dy,
      order.map((_, axis) => order.indexOf(axis)),
    );
  }),
  Concat: concat,
  Split: (call) => [
    () => {
      const gradients = call.node.outputs.map((_, index) => call.gradientOf(index));
      return call.math.graph.op('Concat', gradients, { axis: axisFromFront(call) });
    },
  ],
  Gather: gather,
  GatherElements: gatherElements,
  Slice: slice,
};
