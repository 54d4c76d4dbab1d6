/** What operators with a sliding window have in common: which window a node describes, and that it fits. */
import type { AttributeSpecs } from '../attributes.js';
import type { Dim, Shape } from '../shape.js';
import type { OperatorCall } from './operator.js';
import { isSame, slidOver, stepsOf, windowOf } from './window.js';

export const WINDOW: AttributeSpecs = {
  auto_pad: { kind: 'string', default: 'NOTSET' },
  dilations: { kind: 'ints' },
  kernel_shape: { kind: 'ints' },
  pads: { kind: 'ints' },
  strides: { kind: 'ints' },
};

const AUTO_PADS = ['NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID'];

/** The extents behind batch and channels. @throws OnnxError when there are none */
export function spatialOf(call: OperatorCall): Shape {
  const { shape } = call.input(0);
  return shape.length > 2 ? shape.slice(2) : call.fail('the input must be [N, C, ...] with at least one spatial axis');
}

/** The kernel that the attribute names. */
export function namedKernel(call: OperatorCall): readonly number[] {
  return call.attributes.numbers('kernel_shape') ?? call.fail('kernel_shape is missing');
}

/** @throws OnnxError when an attribute of the window has not an entry for every spatial axis, or one that makes no sense */
export function checkWindow(call: OperatorCall, kernel: readonly number[]): void {
  const { attributes } = call;
  const rank = call.input(0).shape.length - 2;
  const check = (name: string, length: number, least: number): void => {
    const list = name === 'kernel_shape' ? kernel : attributes.numbers(name);
    if (!list) return;
    if (list.length !== length) call.fail(`${name} has ${list.length} entries, not ${length}`);
    if (list.some((entry) => entry < least)) call.fail(`${name} has an entry below ${least}`);
  };
  check('kernel_shape', rank, 1);
  check('strides', rank, 1);
  check('dilations', rank, 1);
  check('pads', 2 * rank, 0);
  const autoPad = attributes.text('auto_pad');
  if (!AUTO_PADS.includes(autoPad)) call.fail(`auto_pad "${autoPad}" is not one of ${AUTO_PADS.join(', ')}`);
  if (isSame(autoPad) && attributes.numbers('dilations')?.some((step) => step !== 1)) {
    call.fail(`auto_pad "${autoPad}" with dilations is not defined: give pads`);
  }
}

/** The spatial extents of the output: how often the window fits. */
export function slidExtents(call: OperatorCall, kernel: readonly number[], ceil = false): Dim[] {
  checkWindow(call, kernel);
  const spatial = spatialOf(call);
  const window = windowOf(call.attributes, kernel, spatial);
  const { strides } = stepsOf(call.attributes, kernel);
  return spatial.map((extent, axis) => {
    if (!window) return typeof extent === 'number' ? Math.ceil(extent / strides[axis]!) : call.symbol();
    const count = slidOver(window, axis, extent, call.symbol, ceil);
    const fits = typeof count === 'string' || count > 0;
    return fits ? count : call.fail(`the window does not fit into the ${extent} elements of spatial axis ${axis}`);
  });
}
