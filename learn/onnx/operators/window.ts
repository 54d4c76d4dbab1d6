/** The geometry of windows that slide over the spatial axes: of convolutions, of pooling, and of what runs them backwards. */
import type { Attributes } from '../attributes.js';
import type { Dim, Shape } from '../shape.js';

/** A window that slides over the spatial axes: each list has an entry for every one of them. */
export interface SlidingWindow {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Elements that are added before the first one of each axis. */
  readonly padsBegin: readonly number[];
  /** Elements that are added behind the last one. */
  readonly padsEnd: readonly number[];
}

type Steps = Pick<SlidingWindow, 'kernel' | 'strides' | 'dilations'>;

const ones = (count: number): number[] => new Array<number>(count).fill(1);

/** The window of a node without its padding. */
export function stepsOf(attributes: Attributes, kernel: readonly number[]): Steps {
  return {
    kernel,
    strides: attributes.numbers('strides') ?? ones(kernel.length),
    dilations: attributes.numbers('dilations') ?? ones(kernel.length),
  };
}

/** How many elements a window reaches over along an axis, from its first to its last. */
export function spanOf({ kernel, dilations }: Steps, axis: number): number {
  return (kernel[axis]! - 1) * dilations[axis]! + 1;
}

/** The pads that a node gives explicitly; zeros where it gives none. */
export function explicitPads(attributes: Attributes, rank: number): Pick<SlidingWindow, 'padsBegin' | 'padsEnd'> {
  const pads = attributes.numbers('pads') ?? new Array<number>(2 * rank).fill(0);
  return { padsBegin: pads.slice(0, rank), padsEnd: pads.slice(rank) };
}

/** Divides padding between both ends; of an odd number the end gets more with `SAME_UPPER`, the begin otherwise. */
export function distribute(total: readonly number[], autoPad: string): Pick<SlidingWindow, 'padsBegin' | 'padsEnd'> {
  const less = total.map((count) => Math.floor(count / 2));
  const more = total.map((count, axis) => count - less[axis]!);
  return autoPad === 'SAME_UPPER' ? { padsBegin: less, padsEnd: more } : { padsBegin: more, padsEnd: less };
}

export function isSame(autoPad: string): boolean {
  return autoPad === 'SAME_UPPER' || autoPad === 'SAME_LOWER';
}

/**
 * The window of a convolution or a pooling over an input of these spatial extents.
 * `undefined` where the padding follows from an extent that only the run can tell.
 */
export function windowOf(attributes: Attributes, kernel: readonly number[], extents: Shape): SlidingWindow | undefined {
  const steps = stepsOf(attributes, kernel);
  const autoPad = attributes.text('auto_pad');
  if (autoPad === 'VALID') return { ...steps, padsBegin: kernel.map(() => 0), padsEnd: kernel.map(() => 0) };
  if (!isSame(autoPad)) return { ...steps, ...explicitPads(attributes, kernel.length) };
  const total = kernel.map((_, axis) => samePadding(steps, axis, extents[axis]!));
  return total.every((count) => count !== undefined) ? { ...steps, ...distribute(total, autoPad) } : undefined;
}

/** Padding with which the output has ceil(extent / stride) elements. */
function samePadding(steps: Steps, axis: number, extent: Dim): number | undefined {
  const [span, stride] = [spanOf(steps, axis), steps.strides[axis]!];
  if (stride === 1) return span - 1;
  if (typeof extent !== 'number') return undefined;
  return Math.max(0, (Math.ceil(extent / stride) - 1) * stride + span - extent);
}

/**
 * At how many places along an axis the window fits.
 * With `ceil` also where it reaches beyond the end, as long as it starts within the input or the padding before it.
 */
export function positions(window: SlidingWindow, axis: number, extent: number, ceil = false): number {
  const [stride, begin] = [window.strides[axis]!, window.padsBegin[axis]!];
  const room = extent + begin + window.padsEnd[axis]! - spanOf(window, axis);
  if (!ceil) return Math.floor(room / stride) + 1;
  const count = Math.ceil(room / stride) + 1;
  return (count - 1) * stride >= extent + begin ? count - 1 : count;
}

/** The same with an extent that may be a symbol; `symbol` makes one where only the run can tell. */
export function slidOver(window: SlidingWindow, axis: number, extent: Dim, symbol: () => Dim, ceil = false): Dim {
  if (typeof extent === 'number') return positions(window, axis, extent, ceil);
  const kept =
    window.strides[axis] === 1 && window.padsBegin[axis]! + window.padsEnd[axis]! === spanOf(window, axis) - 1;
  return kept ? extent : symbol();
}
