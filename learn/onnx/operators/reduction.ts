/** Operators that reduce axes to one number each. */
import { multiplyDims } from '../shape.js';
import { knownNumbers, type ValueType } from '../value.js';
import { axesOf, axisOf, type Operator, type OperatorCall, type OperatorTable, unknownShape } from './operator.js';

function reduced(call: OperatorCall): ValueType {
  const { dtype, shape, content } = call.input(0);
  const keep = call.attributes.number('keepdims') !== 0;
  const axes = call.inputs[1];
  if (axes && knownNumbers(axes) === undefined) {
    if (keep) return { dtype, shape: unknownShape(call, shape.length) };
    const [gone] = axes.shape;
    // An empty list may mean all axes or none.
    if (typeof gone === 'number' && gone > 0) return { dtype, shape: unknownShape(call, shape.length - gone) };
    return call.fail('axes of which not even the number is known need keepdims = 1');
  }
  const list = axesOf(call, knownNumbers(axes) ?? [], shape.length);
  if (list.length === 0 && call.attributes.number('noop_with_empty_axes') !== 0) return { dtype, shape };
  const gone = (axis: number) => list.length === 0 || list.includes(axis);
  const product = call.type === 'ReduceProd' && content ? [multiplyDims(content)] : undefined;
  return {
    dtype,
    ...(product && { content: product }),
    shape: keep ? shape.map((dim, axis) => (gone(axis) ? 1 : dim)) : shape.filter((_, axis) => !gone(axis)),
  };
}

const keepdims = { kind: 'int', default: 1 } as const;

const reduction: Operator = {
  inputs: [1, 2],
  attributes: { keepdims, noop_with_empty_axes: { kind: 'int', default: 0 } },
  infer: (call) => [reduced(call)],
};

/** The place of the extreme element along one axis. */
const place: Operator = {
  inputs: [1, 1],
  attributes: { axis: { kind: 'int', default: 0 }, keepdims, select_last_index: { kind: 'int', default: 0 } },
  infer(call) {
    const { shape } = call.input(0);
    const axis = axisOf(call, shape.length);
    const keep = call.attributes.number('keepdims') !== 0;
    return [{ dtype: 'int64', shape: keep ? shape.with(axis, 1) : shape.filter((_, other) => other !== axis) }];
  },
};

export const REDUCTION: OperatorTable = {
  ReduceSum: reduction,
  ReduceMean: reduction,
  ReduceMax: reduction,
  ReduceMin: reduction,
  ReduceProd: reduction,
  ReduceL1: reduction,
  ReduceL2: reduction,
  ReduceLogSum: reduction,
  ReduceLogSumExp: reduction,
  ReduceSumSquare: reduction,
  ArgMax: place,
  ArgMin: place,
};
