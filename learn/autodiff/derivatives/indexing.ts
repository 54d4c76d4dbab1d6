/** Derivatives of operators that pick elements, or put some into others: the gradient of an element goes to where it came from. */
import { flatZeros, type IndexedAxes, pickedPlaces, scatterAdd } from '../../lowerings/scatter-add.js';
import type { Arithmetic, Value } from '../../onnx/index.js';
import { knownNumbers } from '../../onnx/value.js';
import { cutBack } from './cut.js';
import { axisFromFront, type Derivative, type DerivativeCall, type DerivativeTable, once } from './derivative.js';

const gather: Derivative = (call) => {
  const { math, gradient: dy, input } = call;
  const [x, indices] = [input(0), input(1)];
  const axis = axisFromFront(call);
  const known = knownNumbers(indices);
  return [
    () => {
      if (known?.length !== 1) return scatterAdd(math, x, indices, { from: axis, to: axis + 1 }, dy);
      const row = indices.shape.length === 0 ? math.unsqueeze(dy, [axis]) : dy;
      return cutBack(math, x, row, [{ axis, start: known[0]! }]);
    },
  ];
};

const gatherElements: Derivative = (call) => {
  const { math, gradient: dy, input } = call;
  const attributes = { axis: axisFromFront(call), reduction: 'add' };
  return [() => math.graph.op('ScatterElements', [math.zerosLike(input(0)), input(1), dy], attributes)];
};

/** The elements of the first axes of `x` as they are numbered: of their shape. */
function numbered(math: Arithmetic, x: Value, axes: number): Value {
  const shape = math.shapeOf(x);
  const extents =
    axes === x.shape.length ? shape : math.graph.op('Slice', [shape, ...[0, axes].map((at) => math.integers([at]))]);
  const count = math.graph.op('ReduceProd', [extents], { keepdims: 0 });
  const range = math.graph.op('Range', [math.scalar(0, 'int64'), count, math.scalar(1, 'int64')]);
  return math.graph.op('Reshape', [range, extents], { allowzero: 1 });
}

/** What tuples of indices pick, as single numbers that index the first axes as if they were one. */
function numbersOfTuples(call: DerivativeCall, batchAxes: number): readonly [Value, IndexedAxes] {
  const { math, input } = call;
  const depth = input(1).shape.at(-1);
  if (typeof depth !== 'number') return call.fail('the last extent of its indices must be known');
  const to = batchAxes + depth;
  const numbers = math.graph.op('GatherND', [numbered(math, input(0), to), input(1)], { batch_dims: batchAxes });
  return [numbers, { from: 0, to }];
}

const gatherND: Derivative = (call) => [
  () => {
    const [numbers, axes] = numbersOfTuples(call, call.node.attributes.number('batch_dims'));
    return scatterAdd(call.math, call.input(0), numbers, axes, call.gradient);
  },
];

const compress: Derivative = (call) => {
  const { node, math, gradient: dy, input } = call;
  const x = input(0);
  const axes = node.attributes.has('axis') ? axisFromFront(call) : undefined;
  const kept = () => math.squeeze(math.graph.op('NonZero', [input(1)]), [0]);
  return [
    () =>
      axes === undefined
        ? scatterAdd(math, x, kept(), { from: 0, to: x.shape.length }, dy)
        : scatterAdd(math, x, kept(), { from: axes, to: axes + 1 }, dy),
  ];
};

/** How a node reads and writes the elements that its indices name. */
interface Places {
  take(from: Value): Value;
  put(into: Value, updates: Value, reduction: string): Value;
}

/**
 * y = data with updates put into it. By product, the gradient of an update is the product of data and all other updates of that
 * place: zeros are counted apart, as one must not divide by them. By maximum and minimum the elements that are the extreme one
 * share the gradient equally.
 */
function scattered(
  call: DerivativeCall,
  places: () => Places,
  data: () => Value,
  updates: () => Value,
  dy: () => Value,
  y: () => Value,
): Contributions {
  const { math } = call;
  const at = once(places);
  const type = data().dtype;
  const reduction = call.node.attributes.text('reduction');
  switch (reduction) {
    case 'none':
      return [() => at().put(dy(), math.zerosLike(updates()), 'none'), () => at().take(dy())];
    case 'add':
      return [() => dy(), () => at().take(dy())];
    case 'mul': {
      const isZero = once(() => math.equal(updates(), 0));
      const others = once(() => math.where(isZero(), 1, updates()));
      return [
        () => math.mul(dy(), at().put(math.onesLike(data()), updates(), 'mul')),
        () => {
          const zeros = math.cast(isZero(), type);
          const remains = math.equal(at().take(at().put(math.zerosLike(data()), zeros, 'add')), zeros);
          const product = math.mul(dy(), at().put(data(), others(), 'mul'));
          return math.where(remains, math.div(at().take(product), others()), 0);
        },
      ];
    }
    case 'max':
    case 'min': {
      const keeps = once(() => math.cast(math.equal(data(), y()), type));
      const wins = once(() => math.cast(math.equal(updates(), at().take(y())), type));
      const share = once(() => math.div(dy(), at().put(keeps(), wins(), 'add')));
      return [() => math.mul(share(), keeps()), () => math.mul(at().take(share()), wins())];
    }
    default:
      return call.fail(`its reduction "${reduction}" is none, add, mul, max or min`);
  }
}

type Contributions = readonly [() => Value, () => Value];

const scatterElements: Derivative = (call) => {
  const { math, input } = call;
  const axis = axisFromFront(call);
  const [data, indices, updates] = [input(0), input(1), input(2)];
  const places: Places = {
    take: (from) => math.graph.op('GatherElements', [from, indices], { axis }),
    put: (into, values, reduction) => math.graph.op('ScatterElements', [into, indices, values], { axis, reduction }),
  };
  const [intoData, intoUpdates] = scattered(
    call,
    () => places,
    () => data,
    () => updates,
    () => call.gradient,
    () => call.output,
  );
  return [intoData, undefined, intoUpdates];
};

/** Reads and writes flat: the kernel of ScatterND loses sums when it has several threads (see {@link scatterAdd}). */
const scatterND: Derivative = (call) => {
  const { math, input } = call;
  const flat = (value: Value) => once(() => math.reshape(value, [-1]));
  const [data, updates, dy, y] = [flat(input(0)), flat(input(2)), once(() => flat(call.gradient)()), flat(call.output)];
  const places = (): Places => {
    const [numbers, axes] = numbersOfTuples(call, 0);
    const at = pickedPlaces(math, input(0), numbers, axes);
    return {
      take: (from) => math.graph.op('GatherElements', [from, at]),
      put: (into, values, reduction) => math.graph.op('ScatterElements', [into, at, values], { reduction }),
    };
  };
  const [intoData, intoUpdates] = scattered(call, places, data, updates, dy, y);
  return [() => math.reshapeLike(intoData(), input(0)), undefined, () => math.reshapeLike(intoUpdates(), input(2))];
};

/** values = [off, on]: each takes the gradient of all elements that hold it. */
const oneHot: Derivative = (call) => {
  const { node, math, gradient: dy, input } = call;
  const axis = node.attributes.number('axis');
  return [
    undefined,
    undefined,
    () => {
      const holds = (off: number, on: number) => {
        const values = math.graph.op(
          'Concat',
          [off, on].map((value) => math.unsqueeze(math.scalar(value, dy.dtype), [0])),
          { axis: 0 },
        );
        return math.graph.op('OneHot', [input(0), input(1), values], { axis });
      };
      const total = (mask: Value) => math.unsqueeze(math.sum(math.mul(dy, mask)), [0]);
      return math.graph.op('Concat', [total(holds(1, 0)), total(holds(0, 1))], { axis: 0 });
    },
  ];
};

const topK: Derivative = (call) => {
  const { node, math, gradient: dy, input, fail } = call;
  const places = node.outputs[1] ?? fail('its second output, the places, must be given out');
  const attributes = { axis: axisFromFront(call) };
  return [() => math.graph.op('ScatterElements', [math.zerosLike(input(0)), places, dy], attributes)];
};

/** A slice without steps is cut out of the whole. In steps, the numbers of the elements, sliced as they were, tell the places. */
const slice: Derivative = (call) => {
  const { node, math, gradient: dy, input } = call;
  const x = input(0);
  const [starts, steps] = [knownNumbers(input(1)), node.inputs[4] ? knownNumbers(node.inputs[4]) : undefined];
  const axes = node.inputs[3] ? knownNumbers(node.inputs[3]) : starts?.map((_, axis) => axis);
  const whole = starts && axes && (!node.inputs[4] || steps?.every((step) => step === 1));
  return [
    () => {
      if (whole) {
        const cuts = axes.map((axis, index) => ({
          axis: axis < 0 ? axis + x.shape.length : axis,
          start: starts[index]!,
        }));
        return cutBack(math, x, dy, cuts);
      }
      const places = math.graph.op('Slice', [numbered(math, x, x.shape.length), ...node.inputs.slice(1)]);
      const flat = (value: Value) => math.reshape(value, [-1]);
      return math.reshapeLike(math.graph.op('ScatterElements', [flatZeros(math, x), flat(places), flat(dy)]), x);
    },
  ];
};

export const INDEXING: DerivativeTable = {
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherND,
  Compress: compress,
  ScatterElements: scatterElements,
  ScatterND: scatterND,
  OneHot: oneHot,
  TopK: topK,
  Slice: slice,
  // The indices are places in the whole result, batch and channels included.
  MaxUnpool: ({ math, gradient: dy, input }) => [
    () => {
      const flat = (value: Value) => math.reshape(value, [-1]);
      return math.reshapeLike(math.graph.op('GatherElements', [flat(dy), flat(input(1))]), input(0));
    },
  ],
  // What was turned round is turned back.
  ReverseSequence: (call) => [
    () => {
      const [batch_axis, time_axis] = ['batch_axis', 'time_axis'].map((name) => call.node.attributes.number(name)) as [
        number,
        number,
      ];
      return call.math.graph.op('ReverseSequence', [call.gradient, call.input(1)], { batch_axis, time_axis });
    },
  ],
};
