/** Convolutions. x is [N, C, ...spatial]. */
import type { Attributes } from '../attributes.js';
import { type Dim, isStatic, type Shape } from '../shape.js';
import { type Operator, type OperatorCall, type OperatorTable, unknownShape } from './operator.js';
import { distribute, explicitPads, isSame, type SlidingWindow, spanOf, stepsOf } from './window.js';
import { checkWindow, slidExtents, spatialOf, WINDOW } from './window-call.js';

/** The kernel: what the weight says, or the attribute where the weight's extents are not known. `undefined` where neither tells. */
function kernelOf(call: OperatorCall): readonly number[] | undefined {
  const extents: Shape = call.input(1).shape.slice(2);
  const named = call.attributes.numbers('kernel_shape');
  const kernel = isStatic(extents) ? extents : named;
  if (!kernel) return undefined;
  const differ = named && (named.length !== kernel.length || named.some((extent, axis) => extent !== kernel[axis]));
  return differ ? call.fail(`kernel_shape [${named}] is not that of the weight, [${kernel}]`) : kernel;
}

function differ(a: Dim, b: Dim): boolean {
  return typeof a === 'number' && typeof b === 'number' && a !== b;
}

function times(extent: Dim, factor: number): Dim | undefined {
  if (factor === 1) return extent;
  return typeof extent === 'number' ? extent * factor : undefined;
}

/** The number of channels that come out. `grouped`: which of the weight's first two axes makes the output's channels. */
function channels(call: OperatorCall, grouped: 0 | 1): Dim {
  const [, given] = call.input(0).shape as readonly [Dim, Dim];
  const [first, second] = call.input(1).shape as readonly [Dim, Dim];
  const group = call.attributes.number('group');
  if (group < 1) call.fail(`group is ${group}`);
  // Conv: [O, C / group]. ConvTranspose: [C, O / group].
  const read = grouped === 0 ? times(second, group) : first;
  const made = grouped === 0 ? first : (times(second, group) ?? call.symbol());
  if (read !== undefined && differ(given, read)) call.fail(`the weight reads ${read} channels, the input has ${given}`);
  if (typeof first === 'number' && first % group !== 0) call.fail(`${first} channels do not make ${group} groups`);
  const bias = call.inputs[2]?.shape;
  if (bias && (bias.length !== 1 || differ(bias[0]!, made))) call.fail(`the bias must be a list of ${made} numbers`);
  return made;
}

function checkWeight(call: OperatorCall): void {
  const [x, weight] = [call.input(0), call.input(1)];
  spatialOf(call);
  if (weight.shape.length !== x.shape.length) call.fail('input and weight must have one rank');
  if (weight.dtype !== x.dtype) call.fail('input and weight must have one element type');
}

/**
 * How a transposed convolution spreads an input of these extents: the window, and the extents of its output.
 * `undefined` where they follow from an extent that only the run can tell.
 *
 * @param kernel the kernel's extents
 */
export function transposedWindow(
  attributes: Attributes,
  kernel: readonly number[],
  extents: Shape,
): { readonly window: SlidingWindow; readonly extents: readonly (number | undefined)[] } | undefined {
  const steps = stepsOf(attributes, kernel);
  const extra = attributes.numbers('output_padding') ?? kernel.map(() => 0);
  const wanted = attributes.numbers('output_shape')?.slice(-kernel.length);
  const autoPad = attributes.text('auto_pad');
  /** What the windows cover before anything is cut away. */
  const covered = extents.map((extent, axis) => {
    return typeof extent === 'number'
      ? (extent - 1) * steps.strides[axis]! + extra[axis]! + spanOf(steps, axis)
      : undefined;
  });
  const fixed = (pads: Pick<SlidingWindow, 'padsBegin' | 'padsEnd'>) => ({
    window: { ...steps, ...pads },
    extents: covered.map((count, axis) => count && count - pads.padsBegin[axis]! - pads.padsEnd[axis]!),
  });
  const cutTo = (target: readonly (number | undefined)[]) => {
    const total = covered.map((count, axis) =>
      count === undefined || target[axis] === undefined ? undefined : Math.max(0, count - target[axis]),
    );
    if (!total.every((count) => count !== undefined)) return undefined;
    return { window: { ...steps, ...distribute(total, autoPad) }, extents: target };
  };
  if (wanted) return cutTo(wanted);
  if (isSame(autoPad)) {
    return cutTo(
      extents.map((extent, axis) => (typeof extent === 'number' ? extent * steps.strides[axis]! : undefined)),
    );
  }
  return fixed(
    autoPad === 'VALID'
      ? distribute(
          kernel.map(() => 0),
          autoPad,
        )
      : explicitPads(attributes, kernel.length),
  );
}

const conv: Operator = {
  inputs: [2, 3],
  attributes: { ...WINDOW, group: { kind: 'int', default: 1 } },
  infer(call) {
    checkWeight(call);
    const { dtype, shape } = call.input(0);
    const kernel = kernelOf(call);
    const spatial = kernel ? slidExtents(call, kernel) : unknownShape(call, shape.length - 2);
    return [{ dtype, shape: [shape[0]!, channels(call, 0), ...spatial] }];
  },
};

const convTranspose: Operator = {
  inputs: [2, 3],
  attributes: {
    ...WINDOW,
    group: { kind: 'int', default: 1 },
    output_padding: { kind: 'ints' },
    output_shape: { kind: 'ints' },
  },
  infer(call) {
    checkWeight(call);
    const { dtype, shape } = call.input(0);
    const kernel = kernelOf(call) ?? call.fail('the extents of the kernel must be known');
    checkWindow(call, kernel);
    const spread = transposedWindow(call.attributes, kernel, spatialOf(call));
    const wanted = call.attributes.numbers('output_shape')?.slice(-kernel.length);
    const spatial = kernel.map((_, axis) => spread?.extents[axis] ?? wanted?.[axis] ?? call.symbol());
    return [{ dtype, shape: [shape[0]!, channels(call, 1), ...spatial] }];
  },
};

export const CONVOLUTION: OperatorTable = { Conv: conv, ConvTranspose: convTranspose };
