/** Operators that pick elements by index, or put them back. */
import type { AttributeSpecs } from '../attributes.js';
import { type Dim, fitOneAnother, formatShape, multiplyDims, type Shape } from '../shape.js';
import { knownNumber, knownNumbers, type ValueType } from '../value.js';
import { axesOf, axisOf, type OperatorCall, type OperatorTable, sameAsFirst, unknownShape } from './operator.js';

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
  if (!given) return { dtype, shape: unknownShape(call, shape.length) };
  const axes = axesOf(call, given, shape.length);
  const steps = call.inputs[4] ? knownNumbers(call.inputs[4]) : axes.map(() => 1);
  for (const list of [starts, ends, steps])
    if (list && list.length !== axes.length)
      call.fail(`starts, ends, axes and steps must be lists of one length, not of ${list.length} and ${axes.length}`);
  const result = [...shape];
  for (const [index, axis] of axes.entries()) {
    const known = starts && ends && steps;
    result[axis] = known ? sliced(call, shape[axis]!, starts[index]!, ends[index]!, steps[index]!) : call.symbol();
  }
  const simple = content && shape.length === 1 && starts && ends && steps?.[0] === 1;
  return { dtype, shape: result, ...(simple && { content: content.slice(starts[0], ends[0]) }) };
}

/** The extents that a max pooling with this window had before it; or those that the third input says. */
function unpooled(call: OperatorCall): Dim[] {
  const { shape } = call.input(0);
  if (call.inputs[2]) return [...(call.inputs[2].content ?? unknownShape(call, shape.length))];
  const kernel = call.attributes.numbers('kernel_shape') ?? call.fail('it does not say its kernel_shape');
  const strides = call.attributes.numbers('strides') ?? kernel.map(() => 1);
  const pads = call.attributes.numbers('pads') ?? [...kernel, ...kernel].map(() => 0);
  const spatial = shape.slice(2).map((dim, axis) => {
    if (typeof dim !== 'number') return call.symbol();
    return (dim - 1) * strides[axis]! + kernel[axis]! - pads[axis]! - pads[axis + kernel.length]!;
  });
  return [...shape.slice(0, 2), ...spatial];
}

/** Indices of single elements have as many axes as the data. */
function checkIndices(call: OperatorCall): void {
  const [data, indices] = [call.input(0).shape, call.input(1).shape];
  if (data.length !== indices.length)
    call.fail(`data of rank ${data.length} and indices of rank ${indices.length}: they must have one rank`);
}

/** How many axes a tuple of indices names. */
function indexDepth(call: OperatorCall, indices: Shape, rank: number): number {
  const depth = indices.at(-1);
  if (typeof depth !== 'number') return call.fail('the last extent of the indices must be known');
  if (depth < 1 || depth > rank) call.fail(`tuples of ${depth} indices do not fit ${rank} axes`);
  return depth;
}

function checkScatter(call: OperatorCall): void {
  if (call.input(2).dtype !== call.input(0).dtype) call.fail('data and updates must have one element type');
}

const reduction = { kind: 'string', default: 'none' } as const;
const axis: AttributeSpecs = { axis: { kind: 'int', default: 0 } };

export const INDEXING: OperatorTable = {
  Gather: { inputs: [2, 2], attributes: axis, infer: (call) => [gathered(call)] },
  GatherElements: {
    inputs: [2, 2],
    attributes: axis,
    infer(call) {
      axisOf(call, call.input(0).shape.length);
      checkIndices(call);
      return [{ dtype: call.input(0).dtype, shape: call.input(1).shape }];
    },
  },
  ScatterElements: {
    inputs: [3, 3],
    attributes: { ...axis, reduction },
    infer(call) {
      const { shape } = call.input(0);
      axisOf(call, shape.length);
      checkIndices(call);
      const [indices, updates] = [call.input(1), call.input(2)];
      if (!fitOneAnother(indices.shape, updates.shape)) call.fail('indices and updates must have one shape');
      checkScatter(call);
      return [sameAsFirst(call)];
    },
  },
  ScatterND: {
    inputs: [3, 3],
    attributes: { reduction },
    infer(call) {
      const { shape } = call.input(0);
      const [indices, updates] = [call.input(1).shape, call.input(2).shape];
      checkScatter(call);
      // Without their depth the node can be run all the same.
      if (typeof indices.at(-1) === 'string') return [sameAsFirst(call)];
      const depth = indexDepth(call, indices, shape.length);
      const wanted = [...indices.slice(0, -1), ...shape.slice(depth)];
      if (!fitOneAnother(wanted, updates)) call.fail(`the updates must have the shape ${formatShape(wanted)}`);
      return [sameAsFirst(call)];
    },
  },
  GatherND: {
    inputs: [2, 2],
    attributes: { batch_dims: { kind: 'int', default: 0 } },
    infer(call) {
      const { dtype, shape } = call.input(0);
      const indices = call.input(1).shape;
      const batchAxes = call.attributes.number('batch_dims');
      if (batchAxes < 0 || batchAxes >= Math.min(shape.length, indices.length))
        call.fail(
          `batch_dims is ${batchAxes}: data of rank ${shape.length} and indices of rank ${indices.length} do not share so many axes`,
        );
      const used = batchAxes + indexDepth(call, indices, shape.length - batchAxes);
      return [{ dtype, shape: [...indices.slice(0, -1), ...shape.slice(used)] }];
    },
  },
  Compress: {
    inputs: [2, 2],
    attributes: { axis: { kind: 'int' } },
    infer(call) {
      const { dtype, shape } = call.input(0);
      if (!call.attributes.has('axis')) return [{ dtype, shape: [call.symbol()] }];
      return [{ dtype, shape: shape.with(axisOf(call, shape.length), call.symbol()) }];
    },
  },
  OneHot: {
    inputs: [3, 3],
    attributes: { axis: { kind: 'int', default: -1 } },
    infer(call) {
      const { shape } = call.input(0);
      const axis = axisOf(call, shape.length + 1);
      if (!fitOneAnother(call.input(2).shape, [2])) call.fail('the values must be a list of two: off and on');
      const depth = call.input(1).content?.[0] ?? knownNumber(call.input(1)) ?? call.symbol();
      return [{ dtype: call.input(2).dtype, shape: shape.toSpliced(axis, 0, depth) }];
    },
  },
  TopK: {
    inputs: [2, 2],
    attributes: {
      axis: { kind: 'int', default: -1 },
      largest: { kind: 'int', default: 1 },
      sorted: { kind: 'int', default: 1 },
    },
    infer(call) {
      const { dtype, shape } = call.input(0);
      const picked = shape.with(axisOf(call, shape.length), call.input(1).content?.[0] ?? call.symbol());
      return [
        { dtype, shape: picked },
        { dtype: 'int64', shape: picked },
      ];
    },
  },
  Slice: { inputs: [3, 5], infer: (call) => [slice(call)] },
  Size: {
    inputs: [1, 1],
    infer(call) {
      return [{ dtype: 'int64', shape: [], content: [multiplyDims(call.input(0).shape)] }];
    },
  },
  Range: {
    inputs: [3, 3],
    infer(call) {
      const [start, limit, step] = [0, 1, 2].map((index) => knownNumber(call.inputs[index]));
      const known = start !== undefined && limit !== undefined && step !== undefined;
      const length = known ? Math.max(0, Math.ceil((limit - start) / step)) : call.symbol();
      const { dtype } = call.input(0);
      const listed = known && dtype === 'int64' && typeof length === 'number' && length <= 64;
      const content = listed ? Array.from({ length }, (_, index) => start + index * step) : undefined;
      return [{ dtype, shape: [length], ...(content && { content }) }];
    },
  },
  ReverseSequence: {
    inputs: [2, 2],
    attributes: { batch_axis: { kind: 'int', default: 1 }, time_axis: { kind: 'int', default: 0 } },
    infer: (call) => [sameAsFirst(call)],
  },
  GridSample: {
    inputs: [2, 2],
    attributes: {
      mode: { kind: 'string', default: 'linear' },
      padding_mode: { kind: 'string', default: 'zeros' },
      align_corners: { kind: 'int', default: 0 },
    },
    infer(call) {
      const { dtype, shape } = call.input(0);
      const grid = call.input(1).shape;
      if (grid.length !== shape.length)
        call.fail('the grid must be of the rank of the data: [N, ...output, coordinates]');
      return [{ dtype, shape: [...shape.slice(0, 2), ...grid.slice(1, -1)] }];
    },
  },
  MaxUnpool: {
    inputs: [2, 3],
    attributes: { kernel_shape: { kind: 'ints' }, strides: { kind: 'ints' }, pads: { kind: 'ints' } },
    infer: (call) => [{ dtype: call.input(0).dtype, shape: unpooled(call) }],
  },
  NonMaxSuppression: {
    inputs: [2, 5],
    attributes: { center_point_box: { kind: 'int', default: 0 } },
    infer: (call) => [{ dtype: 'int64', shape: [call.symbol(), 3] }],
  },
  NonZero: {
    inputs: [1, 1],
    infer: (call) => [{ dtype: 'int64', shape: [call.input(0).shape.length, call.symbol()] }],
  },
};
