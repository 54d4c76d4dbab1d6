/** Derivatives of operators that move elements: the gradient takes the same way back. */
import { scatterAdd } from '../../lowerings/scatter-add.js';
import type { Arithmetic, Value } from '../../onnx/index.js';
import { isStatic } from '../../onnx/shape.js';
import { knownNumbers } from '../../onnx/value.js';
import {
  axisFromFront,
  type Derivative,
  type DerivativeCall,
  type DerivativeTable,
  once,
  single,
} from './derivative.js';

const asBefore = single(({ math, gradient: dy }, x) => math.reshapeLike(dy, x));

const concat: Derivative = (call) => {
  const { node, math, gradient: dy, input } = call;
  const axis = axisFromFront(call);
  const parts = once(() => {
    const count = node.inputs.length;
    // Equal parts need no sizes, which would be computed from shapes, input by input.
    if (node.inputs.every((value) => value?.shape[axis] === input(0).shape[axis]))
      return math.graph.ops('Split', [dy], { axis, num_outputs: count }, count);
    const extents = node.inputs.map((_, index) => math.extentOf(input(index), axis));
    const sizes = math.graph.op('Concat', extents, { axis: 0 });
    return math.graph.ops('Split', [dy, sizes], { axis }, count);
  });
  return node.inputs.map((_, index) => () => parts()[index]!);
};

/** The elements as they are numbered, moved as they were: they tell where each part of the gradient belongs. */
function scatteredBack(math: Arithmetic, x: Value, dy: Value, move: (numbers: Value) => Value): Value {
  const size = math.graph.op('Size', [x]);
  const range = math.graph.op('Range', [math.scalar(0, 'int64'), size, math.scalar(1, 'int64')]);
  const numbers = move(math.graph.op('Reshape', [range, math.shapeOf(x)], { allowzero: 1 }));
  return scatterAdd(math, x, numbers, { from: 0, to: x.shape.length }, dy);
}

/** Padding that repeats elements gives their gradients back to them; a constant one collects those around. */
const pad: Derivative = (call) => {
  const { node, math, gradient: dy, input } = call;
  const [x, pads] = [input(0), input(1)];
  const axes = node.inputs[3];
  const mode = node.attributes.text('mode');
  if (mode !== 'constant') {
    const move = (numbers: Value) => math.graph.op('Pad', [numbers, pads, undefined, axes], { mode });
    return [() => scatteredBack(math, x, dy, move)];
  }
  return [
    () => math.reshapeLike(cropped(call, x, pads, axes), x),
    undefined,
    () => {
      const inside = math.graph.op('Pad', [math.onesLike(x), pads, undefined, axes]);
      return math.sum(math.where(math.greater(inside, 0), 0, dy));
    },
  ];
};

/** Pads of the opposite sign cut off what was added, and put zeros where something was cut off. */
function cropped({ math, gradient: dy }: DerivativeCall, x: Value, pads: Value, axes: Value | undefined): Value {
  const known = knownNumbers(pads);
  const places = axes ? knownNumbers(axes) : [...x.shape.keys()];
  if (!known?.every((pad) => pad >= 0) || !places) {
    return math.graph.op('Pad', [dy, math.neg(pads), undefined, axes]);
  }
  const [before, behind] = [known.slice(0, places.length), known.slice(places.length)];
  const ends = behind.map((pad) => (pad === 0 ? 2 ** 31 - 1 : -pad));
  return math.graph.op('Slice', [dy, math.integers(before), math.integers(ends), math.integers(places)]);
}

/** Each axis becomes two, the copies and the elements; the copies are summed. */
const tile: Derivative = ({ math, gradient: dy, input }) => [
  () => {
    const [x, repeats] = [input(0), input(1)];
    const known = knownNumbers(repeats);
    const static_ = known && isStatic(x.shape) ? x.shape.flatMap((dim, axis) => [known[axis]!, dim]) : undefined;
    const pairs = () =>
      math.graph.op('Concat', [math.unsqueeze(repeats, [1]), math.unsqueeze(math.shapeOf(x), [1])], { axis: 1 });
    const shape = static_ ? math.integers(static_) : math.reshape(pairs(), [-1]);
    const apart = math.graph.op('Reshape', [dy, shape], { allowzero: 1 });
    const copies = [...x.shape.keys()].map((axis) => 2 * axis);
    return math.reshapeLike(math.sum(apart, copies), x);
  },
];

/** Blocks go back into depth. The order CRD has no operator the other way round: it is a transposition. */
const depthToSpace: Derivative = single(({ node, math, gradient: dy }, x) => {
  const blocksize = node.attributes.number('blocksize');
  if (node.attributes.text('mode') === 'DCR') return math.graph.op('SpaceToDepth', [dy], { blocksize });
  const [batch, channels, height, width] = [0, 1, 2, 3].map((axis) => math.extentOf(x, axis)) as [
    Value,
    Value,
    Value,
    Value,
  ];
  const block = math.integers([blocksize]);
  const depth = math.div(channels, blocksize * blocksize);
  const shape = math.graph.op('Concat', [batch, depth, height, block, width, block], { axis: 0 });
  const apart = math.graph.op('Reshape', [dy, shape], { allowzero: 1 });
  return math.reshapeLike(math.transpose(apart, [0, 1, 3, 5, 2, 4]), x);
});

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
  Pad: pad,
  Tile: tile,
  DepthToSpace: depthToSpace,
  SpaceToDepth: single(({ node, math, gradient: dy }) =>
    math.graph.op('DepthToSpace', [dy], { blocksize: node.attributes.number('blocksize') }),
  ),
  Concat: concat,
  Split: (call) => [
    () => {
      const gradients = call.node.outputs.map((_, index) => call.gradientOf(index));
      return call.math.graph.op('Concat', gradients, { axis: axisFromFront(call) });
    },
  ],
};
