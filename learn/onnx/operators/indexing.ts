/** Operators that pick elements by index, or put them back. */
import type { AttributeSpecs } from '../attributes.js';
import type { Dim } from '../shape.js';
import { knownNumber, knownNumbers, type ValueType } from '../value.js';
import { axesOf, axisOf, type OperatorCall, type OperatorTable, sameAsFirst } from './operator.js';

function gathered(call: OperatorCall): ValueType {
  const { dtype, shape, content } = call.input(0);
  const indices = call.input(1);
  const axis = axisOf(call, shape.length);
  const result = [...shape.slice(0, axis), ...indices.shape, ...shape.slice(axis + 1)];
  const picked = content && shape.length === 1 ? knownNumbers(indices)?.map((index) => content.at(index)) : undefined;
  const known = picked?.every((dim) => dim !== undefined) && result.length <= 1;
  return { dtype, shape: result, ...(known && { content: picked as Dim[] }) };
}

/** The extent that is left of `extent` from `start` to `end` in steps. */
function sliced(call: OperatorCall, extent: Dim, start: number, end: number, step: number): Dim {
  if (step === 0) call.fail('a step of 0 never ends');
  if (typeof extent !== 'number') {
    const whole = step === 1 && start === 0 && end >= 2 ** 31 - 1;
    return whole ? extent : call.symbol();
  }
  const from = start < 0 ? start + extent : start;
  const to = end < 0 ? end + extent : end;
  const clamp = (value: number, low: number, high: number) => Math.max(low, Math.min(high, value));
  if (step > 0) return Math.max(0, Math.ceil((clamp(to, 0, extent) - clamp(from, 0, extent)) / step));
  return Math.max(0, Math.ceil((clamp(to, -1, extent - 1) - clamp(from, -1, extent - 1)) / step));
}

function slice(call: OperatorCall): ValueType {
  const { dtype, shape, content } = call.input(0);
  const starts = knownNumbers(call.input(1));
  const ends = knownNumbers(call.input(2));
  const count = starts?.length ?? ends?.length ?? shape.length;
  const given = call.inputs[3] ? knownNumbers(call.inputs[3]) : Array.from({ length: count }, (_, axis) => axis);
  const axes = axesOf(call, given ?? call.fail('the axes must be known'), shape.length);
  const steps = call.inputs[4] ? knownNumbers(call.inputs[4]) : axes.map(() => 1);
  const result = [...shape];
  for (const [index, axis] of axes.entries()) {
    const known = starts && ends && steps;
    result[axis] = known ? sliced(call, shape[axis]!, starts[index]!, ends[index]!, steps[index]!) : call.symbol();
  }
  const simple = content && shape.length === 1 && starts && ends && steps?.[0] === 1;
  return { dtype, shape: result, ...(simple && { content: content.slice(starts[0], ends[0]) }) };
}

const reduction = { kind: 'string', default: 'none' } as const;
const axis: AttributeSpecs = { axis: { kind: 'int', default: 0 } };

export const INDEXING: OperatorTable = {
  Gather: { inputs: [2, 2], attributes: axis, infer: (call) => [gathered(call)] },
  GatherElements: {
    inputs: [2, 2],
    attributes: axis,
    infer: (call) => [{ dtype: call.input(0).dtype, shape: call.input(1).shape }],
  },
  ScatterElements: { inputs: [3, 3], attributes: { ...axis, reduction }, infer: (call) => [sameAsFirst(call)] },
  ScatterND: { inputs: [3, 3], attributes: { reduction }, infer: (call) => [sameAsFirst(call)] },
  Slice: { inputs: [3, 5], infer: (call) => [slice(call)] },
  Size: { inputs: [1, 1], infer: () => [{ dtype: 'int64', shape: [] }] },
  Range: {
    inputs: [3, 3],
    infer(call) {
      const [start, limit, step] = [0, 1, 2].map((index) => knownNumber(call.inputs[index]));
      const known = start !== undefined && limit !== undefined && step !== undefined;
      const length = known ? Math.max(0, Math.ceil((limit - start) / step)) : call.symbol();
      return [{ dtype: call.input(0).dtype, shape: [length] }];
    },
  },
  NonZero: {
    inputs: [1, 1],
    infer: (call) => [{ dtype: 'int64', shape: [call.input(0).shape.length, call.symbol()] }],
  },
};
