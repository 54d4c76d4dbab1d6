/** Operators that give the same elements another shape or order. */
import type { Tensor } from '../../../runtime/tensor.js';
import { addDims, broadcastShapes, type Dim, divideDims, formatShape, multiplyDims, type Shape } from '../shape.js';
import { knownNumbers, typeOfConstant, type Value, type ValueType } from '../value.js';
import { axesOf, axisOf, type OperatorCall, type OperatorTable, unknownShape } from './operator.js';

/** The extents that a shape given as an input has; symbols where only the run can tell. */
function extentsOf(call: OperatorCall, value: Value): Shape {
  if (value.content) return value.content;
  const [length] = value.shape;
  if (value.shape.length === 1 && typeof length === 'number') return unknownShape(call, length);
  return call.fail('the rank of the result is not known: the shape must be a list of known length');
}

function reshaped(call: OperatorCall): Shape {
  const { shape } = call.input(0);
  const target = extentsOf(call, call.input(1)).map((dim, axis) => {
    if (dim !== 0 || call.attributes.number('allowzero') !== 0) return dim;
    return shape[axis] ?? call.fail(`extent ${axis} of the new shape is 0, "as before", but there is none`);
  });
  const open = target.indexOf(-1);
  if (open < 0) {
    const whole = multiplyDims(shape);
    const size = multiplyDims(target);
    if (typeof whole === 'number' && typeof size === 'number' && whole !== size) {
      call.fail(`${whole} elements do not fit ${formatShape(target)}`);
    }
    return target;
  }
  const rest = target.filter((_, axis) => axis !== open);
  const filled = divideDims(shape, rest);
  if (filled === undefined && [...shape, ...rest].every((dim) => typeof dim === 'number' && dim > 0)) {
    call.fail(`the elements of ${formatShape(shape)} do not fit ${formatShape(target)}`);
  }
  return target.with(open, filled ?? call.symbol());
}

function squeezed(call: OperatorCall): Shape {
  const { shape } = call.input(0);
  const axes = call.inputs[1];
  if (!axes) return shape.filter((dim) => dim !== 1);
  const list = axesOf(call, knownNumbers(axes) ?? call.fail('the axes must be known'), shape.length);
  const wrong = list.find((axis) => typeof shape[axis] === 'number' && shape[axis] !== 1);
  if (wrong !== undefined) call.fail(`axis ${wrong} has ${shape[wrong]} elements: only an extent of 1 can be removed`);
  return shape.filter((_, axis) => !list.includes(axis));
}

function unsqueezed(call: OperatorCall): Shape {
  const { shape } = call.input(0);
  const given = knownNumbers(call.input(1)) ?? call.fail('the axes must be known');
  const list = axesOf(call, given, shape.length + given.length);
  const rest = [...shape];
  return Array.from({ length: shape.length + list.length }, (_, axis) => (list.includes(axis) ? 1 : rest.shift()!));
}

/** Adding or removing axes of extent 1 does not change what a scalar or a list of one holds. */
function withContent(call: OperatorCall, shape: Shape): ValueType {
  const { dtype, content } = call.input(0);
  return { dtype, shape, ...(content && shape.length <= 1 && { content }) };
}

function concatenated(call: OperatorCall): ValueType {
  const values = call.inputs.map((_, index) => call.input(index));
  const { dtype, shape } = values[0]!;
  const axis = axisOf(call, shape.length);
  for (const other of values) {
    if (other.dtype !== dtype || other.shape.length !== shape.length)
      call.fail('the inputs must have one type and one rank');
  }
  const whole = addDims(values.map((value) => value.shape[axis]!));
  const contents = values.map(({ content }) => content);
  const known = contents.every((content) => content !== undefined);
  return {
    dtype,
    shape: shape.with(axis, whole),
    ...(known && shape.length === 1 && { content: contents.flat() as Dim[] }),
  };
}

function parts(call: OperatorCall): ValueType[] {
  const { dtype, shape } = call.input(0);
  const axis = axisOf(call, shape.length);
  const sizes = call.inputs[1] ? call.inputs[1].content : equalParts(call, shape[axis]!);
  if (sizes && sizes.length !== call.outputCount)
    call.fail(`${sizes.length} sizes are given for ${call.outputCount} outputs`);
  return Array.from({ length: call.outputCount }, (_, index) => ({
    dtype,
    shape: shape.with(axis, sizes?.[index] ?? call.symbol()),
  }));
}

function equalParts(call: OperatorCall, extent: Dim): Dim[] | undefined {
  if (typeof extent !== 'number') return undefined;
  const size = Math.ceil(extent / call.outputCount);
  return Array.from({ length: call.outputCount }, (_, index) => Math.max(0, Math.min(size, extent - index * size)));
}

export const MOVEMENT: OperatorTable = {
  Reshape: {
    inputs: [2, 2],
    attributes: { allowzero: { kind: 'int', default: 0 } },
    infer: (call) => [{ dtype: call.input(0).dtype, shape: reshaped(call) }],
  },
  Flatten: {
    inputs: [1, 1],
    attributes: { axis: { kind: 'int', default: 1 } },
    infer(call) {
      const { dtype, shape } = call.input(0);
      const given = call.attributes.number('axis');
      const axis = given < 0 ? given + shape.length : given;
      if (axis < 0 || axis > shape.length) call.fail(`axis ${given} does not exist`);
      return [{ dtype, shape: [multiplyDims(shape.slice(0, axis)), multiplyDims(shape.slice(axis))] }];
    },
  },
  Transpose: {
    inputs: [1, 1],
    attributes: { perm: { kind: 'ints' } },
    infer(call) {
      const { dtype, shape } = call.input(0);
      const order = call.attributes.numbers('perm') ?? shape.map((_, axis) => shape.length - 1 - axis);
      const sorted = order.toSorted((a, b) => a - b);
      if (order.length !== shape.length || sorted.some((axis, index) => axis !== index))
        call.fail('perm must name every axis once');
      return [{ dtype, shape: order.map((axis) => shape[axis]!) }];
    },
  },
  Squeeze: { inputs: [1, 2], infer: (call) => [withContent(call, squeezed(call))] },
  Unsqueeze: { inputs: [2, 2], infer: (call) => [withContent(call, unsqueezed(call))] },
  Expand: {
    inputs: [2, 2],
    infer(call) {
      const { dtype, shape } = call.input(0);
      const target = extentsOf(call, call.input(1));
      return [
        { dtype, shape: broadcastShapes([shape, target]) ?? call.fail(`it cannot become ${formatShape(target)}`) },
      ];
    },
  },
  Concat: { inputs: [1, 2 ** 31], attributes: { axis: { kind: 'int' } }, infer: (call) => [concatenated(call)] },
  Split: {
    inputs: [1, 2],
    attributes: { axis: { kind: 'int', default: 0 }, num_outputs: { kind: 'int' } },
    infer: parts,
  },
  Shape: {
    inputs: [1, 1],
    attributes: { start: { kind: 'int', default: 0 }, end: { kind: 'int' } },
    infer(call) {
      const { attributes } = call;
      const { shape } = call.input(0);
      const content = shape.slice(
        attributes.number('start'),
        attributes.has('end') ? attributes.number('end') : undefined,
      );
      return [{ dtype: 'int64', shape: [content.length], content }];
    },
  },
  Constant: {
    inputs: [0, 0],
    attributes: {
      value: { kind: 'tensor' },
      value_float: { kind: 'float' },
      value_int: { kind: 'int' },
      value_floats: { kind: 'floats' },
      value_ints: { kind: 'ints' },
    },
    infer: (call) => [typeOfConstant(constantOf(call))],
  },
  ConstantOfShape: {
    inputs: [1, 1],
    attributes: { value: { kind: 'tensor' } },
    infer(call) {
      const dtype = call.attributes.tensor('value')?.dtype ?? 'float32';
      return [{ dtype, shape: extentsOf(call, call.input(0)) }];
    },
  },
};

function constantOf(call: OperatorCall): Tensor {
  const { attributes } = call;
  const tensor = attributes.tensor('value');
  if (tensor) return tensor;
  const floats = attributes.has('value_float')
    ? [attributes.number('value_float')]
    : attributes.numbers('value_floats');
  if (floats) {
    const shape = attributes.has('value_float') ? [] : [floats.length];
    return { dtype: 'float32', shape, data: Float32Array.from(floats) };
  }
  const ints = attributes.has('value_int') ? [attributes.number('value_int')] : attributes.numbers('value_ints');
  if (!ints) return call.fail('it holds no number we can read');
  return {
    dtype: 'int64',
    shape: attributes.has('value_int') ? [] : [ints.length],
    data: BigInt64Array.from(ints, BigInt),
  };
}
