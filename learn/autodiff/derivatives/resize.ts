/** The derivative of Resize, which is linear in x, axis by axis. */
import type { Value } from '../../onnx/index.js';
import { knownScales, present, resizedAxes } from '../../onnx/operators/resize.js';
import { type DerivativeCall, type DerivativeTable, single } from './derivative.js';

/** What says how a place between two elements is found and filled. */
const NUMBERS = ['antialias', 'cubic_coeff_a', 'exclude_outside', 'extrapolation_value'];
const WORDS = ['coordinate_transformation_mode', 'mode', 'nearest_mode'];

/** The ones on the diagonal of a matrix with as many rows as x has elements along the axis. */
function identity({ math }: DerivativeCall, x: Value, axis: number): Value {
  const extent = math.squeeze(math.extentOf(x, axis), [0]);
  const range = math.graph.op('Range', [math.scalar(0, 'int64'), extent, math.scalar(1, 'int64')]);
  return math.cast(math.equal(math.unsqueeze(range, [1]), range), x.dtype);
}

/**
 * Row i of the matrix [input, output] is what the operator makes of the i-th unit vector. So the coordinates, with all their
 * roundings, are those of the forward pass, whatever the mode.
 */
function interpolation(call: DerivativeCall, x: Value, axis: number, index: number): Value {
  const { node, math, output: y } = call;
  const [scales, sizes] = [present(node.inputs[2]), present(node.inputs[3])];
  const one = math.integers([index]);
  const factor = scales && math.graph.op('Gather', [scales, one]);
  const size = sizes && math.extentOf(y, axis);
  const { attributes } = node;
  return math.graph.op('Resize', [identity(call, x, axis), undefined, factor, size], {
    axes: [1],
    ...Object.fromEntries(NUMBERS.map((name) => [name, attributes.number(name)])),
    ...Object.fromEntries(WORDS.map((name) => [name, attributes.text(name)])),
  });
}

/** Contracts one axis of the gradient with the columns of a matrix. */
function contracted({ math }: DerivativeCall, gradient: Value, axis: number, matrix: Value): Value {
  const rank = gradient.shape.length;
  if (axis === rank - 1) return math.matmul(gradient, math.transposeMatrix(matrix));
  const swapped = [...gradient.shape.keys()].with(axis, rank - 2).with(rank - 2, axis);
  return math.transpose(math.matmul(matrix, math.transpose(gradient, swapped)), swapped);
}

function isKept(call: DerivativeCall, x: Value, axis: number, index: number): boolean {
  const scales = present(call.node.inputs[2]);
  if (scales) return knownScales(scales)?.[index] === 1;
  return x.shape[axis] === call.output.shape[axis];
}

/** By which whole number every spatial axis is repeated; `undefined` where elements are not just repeated. */
function repetition(call: DerivativeCall, x: Value): readonly number[] | undefined {
  const { attributes, inputs } = call.node;
  const [mode, coordinates] = [attributes.text('mode'), attributes.text('coordinate_transformation_mode')];
  const rounding = attributes.text('nearest_mode');
  // (i + 1/2) / k - 1/2 never lies in the middle between two elements, so that both ways to round agree.
  const repeats =
    mode === 'nearest' &&
    ((coordinates === 'asymmetric' && rounding === 'floor') ||
      (coordinates === 'half_pixel' && rounding.startsWith('round_prefer')));
  if (!repeats || x.dtype !== 'float32' || x.shape.length < 3) return undefined;
  const axes = resizedAxes({ attributes, fail: call.fail }, x.shape.length);
  const scales = present(inputs[2]);
  const factors = x.shape.map((extent, axis) => {
    const index = axes.indexOf(axis);
    if (index < 0 || isKept(call, x, axis, index)) return 1;
    if (scales) return knownScales(scales)?.[index];
    const size = call.output.shape[axis];
    return typeof extent === 'number' && typeof size === 'number' ? size / extent : undefined;
  });
  const whole = factors.every((factor) => factor !== undefined && Number.isInteger(factor) && factor > 0);
  return whole && factors[0] === 1 && factors[1] === 1 ? (factors.slice(2) as number[]) : undefined;
}

export const RESIZE: DerivativeTable = {
  Resize: single((call, x) => {
    const { attributes } = call.node;
    if (attributes.text('coordinate_transformation_mode') === 'tf_crop_and_resize') {
      call.fail('tf_crop_and_resize, which cuts a region out, has no derivative here');
    }
    if (attributes.text('keep_aspect_ratio_policy') !== 'stretch') {
      call.fail('sizes that keep the proportions have no derivative here: give scales');
    }
    const kernel = repetition(call, x);
    if (kernel) return call.math.reshapeLike(call.lowerings.blockSum(call.math, call.gradient, kernel), x);
    const axes = resizedAxes({ attributes, fail: call.fail }, x.shape.length);
    const changed = [...axes.entries()].filter(([index, axis]) => !isKept(call, x, axis, index));
    return changed.reduce((gradient, [index, axis]) => {
      return contracted(call, gradient, axis, interpolation(call, x, axis, index));
    }, call.gradient);
  }),
};
