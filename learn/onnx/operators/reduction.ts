/** Operators that reduce axes to one number each. */
import { knownNumbers, type ValueType } from '../value.js';
import { axesOf, type Operator, type OperatorCall, type OperatorTable, unknownShape } from './operator.js';

function reduced(call: OperatorCall): ValueType {
  const { dtype, shape } = call.input(0);
  const keep = call.attributes.number('keepdims') !== 0;
  const axes = call.inputs[1];
  if (axes && knownNumbers(axes) === undefined) {
    if (!keep) call.fail('axes that are computed need keepdims = 1');
    return { dtype, shape: unknownShape(call, shape.length) };
  }
  const list = axesOf(call, knownNumbers(axes) ?? [], shape.length);
  if (list.length === 0 && call.attributes.number('noop_with_empty_axes') !== 0) return { dtype, shape };
  const gone = (axis: number) => list.length === 0 || list.includes(axis);
  return {
    dtype,
    shape: keep ? shape.map((dim, axis) => (gone(axis) ? 1 : dim)) : shape.filter((_, axis) => !gone(axis)),
  };
}

const reduction: Operator = {
  inputs: [1, 2],
  attributes: { keepdims: { kind: 'int', default: 1 }, noop_with_empty_axes: { kind: 'int', default: 0 } },
  infer: (call) => [reduced(call)],
};

export const REDUCTION: OperatorTable = {
  ReduceSum: reduction,
  ReduceMean: reduction,
  ReduceMax: reduction,
  ReduceMin: reduction,
};
