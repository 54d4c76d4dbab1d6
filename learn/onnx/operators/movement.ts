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
  const known = knownNumbers(axes);
  if (!known) return unknownShape(call, shape.length - lengthOf(call, axes));
  const list = axesOf(call, known, shape.length);
  const wrong = list.find((axis) => typeof shape[axis] === 'number' && shape[axis] !== 1);
  if (wrong !== undefined) call.fail(`axis ${wrong} has ${shape[wrong]} elements: only an extent of 1 can be removed`);
  return shape.filter((_, axis) => !list.includes(axis));
}

function unsqueezed(call: OperatorCall): Shape {
  const { shape } = call.input(0);
  const given = knownNumbers(call.input(1));
  if (!given) return unknownShape(call, shape.length + lengthOf(call, call.input(1)));
  const list = axesOf(call, given, shape.length + given.length);
  if (new Set(list).size < list.length) call.fail(`the new axes [${given}] are not different from one another`);
  const rest = [...shape];
  return Array.from({ length: shape.length + list.length }, (_, axis) => (list.includes(axis) ? 1 : rest.shift()!));
}

/** How many axes are named by a list that only the run knows. */
function lengthOf(call: OperatorCall, axes: Value): number {
  const [length] = axes.shape;
  return typeof length === 'number' ? length : call.fail('the number of the axes must be known');
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
  if (typeof extent !== 'number') {
    const part = divideDims([extent], [call.outputCount]);
    return part === undefined ? undefined : new Array<Dim>(call.outputCount).fill(part);
  }
  const size = Math.ceil(extent / call.outputCount);
  return Array.from({ length: call.outputCount }, (_, index) => Math.max(0, Math.min(size, extent - index * size)));
}

export const MOVEMENT: OperatorTable = {
  Reshape: {
    inputs: [2, 2],
    attributes: { allowzero: { kind: 'int', default: 0 } },
    infer: (call) => [withContent(call, reshaped(call))],
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
      return [{ dtype, shape: extentsOf(call, call.input(0)), ...repeatedContent(call) }];
    },
  },
  Pad: {
    inputs: [2, 4],
    attributes: { mode: { kind: 'string', default: 'constant' } },
    infer: (call) => [{ dtype: call.input(0).dtype, shape: padded(call) }],
  },
  Tile: {
    inputs: [2, 2],
    infer(call) {
      const { dtype, shape } = call.input(0);
      const repeats = call.input(1).content;
      if (repeats && repeats.length !== shape.length) call.fail('there must be a number of repeats for each axis');
      return [
        { dtype, shape: shape.map((dim, axis) => (repeats ? multiplyDims([dim, repeats[axis]!]) : call.symbol())) },
      ];
    },
  },
  DepthToSpace: {
    inputs: [1, 1],
    attributes: { blocksize: { kind: 'int' }, mode: { kind: 'string', default: 'DCR' } },
    infer(call) {
      const [block, [batch, depth, height, width]] = blocks(call);
      const channels = divided(call, depth, block * block);
      const shape = [batch, channels, multiplyDims([height, block]), multiplyDims([width, block])];
      return [{ dtype: call.input(0).dtype, shape }];
    },
  },
  SpaceToDepth: {
    inputs: [1, 1],
    attributes: { blocksize: { kind: 'int' } },
    infer(call) {
      const [block, [batch, channels, height, width]] = blocks(call);
      const depth = multiplyDims([channels, block * block]);
      return [
        {
          dtype: call.input(0).dtype,
          shape: [batch, depth, divided(call, height, block), divided(call, width, block)],
        },
      ];
    },
  },
};

/** Lists that are looked into have at most this many numbers: more axes than any tensor. */
const LONGEST_CONTENT = 1024;

/** A whole number in every place of a list. */
function repeatedContent(call: OperatorCall): Pick<ValueType, 'content'> {
  const value = call.attributes.tensor('value');
  const extents = knownNumbers(call.input(0));
  const [count = 1] = extents ?? [];
  // A longer list is no shape; a hostile one would take gigabytes.
  if (value?.dtype !== 'int64' || extents === undefined || extents.length > 1) return {};
  if (count < 0 || count > LONGEST_CONTENT) return {};
  return { content: new Array<Dim>(count).fill(Number(value.data[0])) };
}

/** The edge of the blocks and the four extents of [N, C, H, W]. */
function blocks(call: OperatorCall): readonly [number, readonly [Dim, Dim, Dim, Dim]] {
  const { shape } = call.input(0);
  if (shape.length !== 4) call.fail('the data must be of rank 4: [N, C, H, W]');
  return [call.attributes.number('blocksize'), shape as readonly Dim[] as readonly [Dim, Dim, Dim, Dim]];
}

function divided(call: OperatorCall, extent: Dim, by: number): Dim {
  const part = divideDims([extent], [by]);
  if (part === undefined && typeof extent === 'number') call.fail(`the extent ${extent} is no multiple of ${by}`);
  return part ?? call.symbol();
}

/** Numbers of elements before and behind, which are negative where the border is cut off. */
function padded(call: OperatorCall): Shape {
  const { shape } = call.input(0);
  const pads = knownNumbers(call.input(1));
  const given = call.inputs[3] ? knownNumbers(call.inputs[3]) : [...shape.keys()];
  const axes = axesOf(call, given ?? call.fail('the axes must be known'), shape.length);
  if (pads && pads.length !== 2 * axes.length) call.fail(`${pads.length} pads are given for ${axes.length} axes`);
  const result = [...shape];
  for (const [index, axis] of axes.entries()) {
    const more = pads && pads[index]! + pads[index + axes.length]!;
    const dim = shape[axis]!;
    if (more === 0) continue;
    result[axis] = typeof dim === 'number' && more !== undefined ? dim + more : call.symbol();
    if (Number(result[axis]) < 0) call.fail(`more is cut off axis ${axis} than the ${dim} elements it has`);
  }
  return result;
}

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
