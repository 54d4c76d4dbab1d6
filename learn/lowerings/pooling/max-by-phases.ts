/** The gradient of max pooling for windows that overlap, in whole rows: for the CPU provider, where reading with a step is slow. */
import type { Arithmetic, Value } from '../../onnx/index.js';
import { isStatic, type Shape } from '../../onnx/shape.js';
import { mergeChannels } from '../extents.js';
import type { SlidingWindow } from '../lowerings.js';
import { MOST_TAPS, offsets, oneHot, sizeOfBlock } from './taps.js';

/** What stands for an element outside x. A convolution multiplies it by 0, which makes 0 of it, but not of an infinity. */
const LOWEST = -3.4028234663852886e38;

/** Where a place of the window reads: from which phase of x, and along each axis how many elements further on than the window's number. */
interface Tap {
  readonly phase: number;
  readonly shift: readonly number[];
}

interface Plan {
  readonly taps: readonly Tap[];
  readonly strides: readonly number[];
  /** Spatial extents of x, of each of its phases, and of y. */
  readonly inside: readonly number[];
  readonly rows: readonly number[];
  readonly outside: readonly number[];
}

function planOf(x: Value, y: Value, { kernel, strides, dilations, padsBegin }: SlidingWindow): Plan | undefined {
  const inside: Shape = x.shape.slice(2);
  const outside: Shape = y.shape.slice(2);
  if (!isStatic(inside) || !isStatic(outside)) return undefined;
  if (sizeOfBlock(kernel) > MOST_TAPS || sizeOfBlock(strides) > MOST_TAPS) return undefined;
  const taps = offsets(kernel).map((tap) => {
    const from = tap.map((index, axis) => index * dilations[axis]! - padsBegin[axis]!);
    const shift = from.map((offset, axis) => Math.floor(offset / strides[axis]!));
    const phase = from.reduce((number, offset, axis) => {
      return number * strides[axis]! + (offset - shift[axis]! * strides[axis]!);
    }, 0);
    return { phase, shift };
  });
  const rows = inside.map((extent, axis) => Math.ceil(extent / strides[axis]!));
  return { taps, strides, inside, rows, outside };
}

/**
 * dL/dx of y = maxpool(x). Every stride-th element of x is one phase of it. What one place of the window reads is then a phase, moved by whole rows
 * and columns, and what it gives back is the gradient, moved the other way. `undefined` where extents are not known, and where
 * there would be too many nodes: for wide windows and strides.
 */
export function maxPoolByPhases(
  math: Arithmetic,
  x: Value,
  y: Value,
  gradient: Value,
  window: SlidingWindow,
): Value | undefined {
  const plan = planOf(x, y, window);
  // Convolutions have a float32 kernel only.
  if (!plan || x.dtype !== 'float32') return undefined;
  const { taps, rows, outside } = plan;
  const maximum = mergeChannels(math, y);
  const phases = split(math, mergeChannels(math, x), plan);
  const masks = taps.map(({ phase, shift }) => {
    const read = moved(
      math,
      phases[phase]!,
      shift.map((count) => -count),
      rows,
      outside,
      LOWEST,
    );
    return math.cast(math.equal(read, maximum), x.dtype);
  });
  // A window that lies in the padding as a whole has no maximum: its gradient reaches nothing.
  const share = math.div(mergeChannels(math, gradient), math.max(math.graph.op('Sum', masks), 1));
  const gradients = phases.map((phase, number) => {
    const parts = taps.flatMap((tap, place) => {
      if (tap.phase !== number) return [];
      return [moved(math, math.mul(masks[place]!, share), tap.shift, outside, rows, 0)];
    });
    if (parts.length === 0) return math.zerosLike(phase);
    return parts.length === 1 ? parts[0]! : math.graph.op('Sum', parts);
  });
  return math.reshapeLike(join(math, gradients, plan), x);
}

/** Elements moved by `shift` along each axis, from extents `from` into extents `to`: what leaves them is lost, what is new is `fill`. */
function moved(
  math: Arithmetic,
  value: Value,
  shift: readonly number[],
  from: readonly number[],
  to: readonly number[],
  fill: number,
): Value {
  const behind = shift.map((count, axis) => to[axis]! - from[axis]! - count);
  if ([...shift, ...behind].every((count) => count === 0)) return value;
  return math.graph.op('Pad', [
    value,
    math.integers([0, 0, ...shift, 0, 0, ...behind]),
    math.scalar(fill, value.dtype),
  ]);
}

/** x [M, 1, ...spatial] as its phases, each [M, 1, ...rows]. A convolution with single ones picks them all at once. */
function split(math: Arithmetic, x: Value, { strides, inside, rows }: Plan): Value[] {
  const missing = inside.map((extent, axis) => rows[axis]! * strides[axis]! - extent);
  const whole = moved(
    math,
    x,
    missing.map(() => 0),
    inside,
    inside.map((extent, axis) => extent + missing[axis]!),
    LOWEST,
  );
  const count = sizeOfBlock(strides);
  if (count === 1) return [whole];
  const picked = math.graph.op('Conv', [whole, oneHot(math, strides, x.dtype)], { strides });
  return math.graph.ops('Split', [picked], { axis: 1, num_outputs: count }, count);
}

/** The way back: phases [M, 1, ...rows] to [M, 1, ...spatial]. */
function join(math: Arithmetic, phases: readonly Value[], { strides, inside, rows }: Plan): Value {
  if (phases.length === 1) return phases[0]!;
  const excess = inside.map((extent, axis) => rows[axis]! * strides[axis]! - extent);
  const stacked = math.graph.op('Concat', phases, { axis: 1 });
  return math.graph.op('ConvTranspose', [stacked, oneHot(math, strides, stacked.dtype)], {
    strides,
    pads: [...strides.map(() => 0), ...excess],
  });
}
