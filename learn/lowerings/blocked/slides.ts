/** A convolution over tiles as convolutions of stride 1: one, or with strides one for each phase of the windows' first pixels. */
import type { Value } from '../../onnx/index.js';
import type { ConvolutionWindow } from '../lowerings.js';
import { steps, type Tiled, type Tiles } from './layout.js';
import { numbersOf } from './nchwc.js';

/** A window of stride 1 over an image that is long enough for it, but for rows of zeros above and below. */
export interface Slide {
  /** [N / B, C, height, width B] */
  readonly image: Value;
  readonly height: number;
  readonly width: number;
  readonly kernel: readonly [number, number];
  /** Where the kernel's elements are in the whole kernel, row by row. */
  readonly taps: readonly number[];
  readonly rowsAbove: number;
  readonly rowsBelow: number;
}

/** Extents of the output. */
export interface Extents {
  readonly height: number;
  readonly width: number;
}

export function outputOf({ height, width }: Extents, window: ConvolutionWindow): Extents {
  const [rows, columns] = [height, width].map((extent, axis) => {
    const room = extent + window.padsBegin[axis]! + window.padsEnd[axis]! - window.kernel[axis]!;
    return Math.floor(room / window.strides[axis]!) + 1;
  });
  return { height: rows!, width: columns! };
}

/** The elements of a kernel axis that one phase reads: phase, phase + stride, ... */
function phaseTaps(kernel: number, stride: number, phase: number): number[] {
  return steps(Math.max(0, Math.ceil((kernel - phase) / stride)), stride, phase);
}

interface Phase {
  readonly row: number;
  readonly column: number;
  readonly rows: readonly number[];
  readonly columns: readonly number[];
}

/** The phases that read anything. */
function phasesOf({ kernel, strides }: ConvolutionWindow): Phase[] {
  const [down, across] = strides as [number, number];
  return steps(down)
    .flatMap((row) => steps(across).map((column) => ({ row, column })))
    .map(({ row, column }) => ({
      row,
      column,
      rows: phaseTaps(kernel[0]!, down, row),
      columns: phaseTaps(kernel[1]!, across, column),
    }))
    .filter(({ rows, columns }) => rows.length > 0 && columns.length > 0);
}

function isStrided({ strides }: ConvolutionWindow): boolean {
  return strides.some((stride) => stride !== 1);
}

/** @param wholeRows pads the rows in memory too, for those that cut the image into groups of rows */
export function slidesOf(tiles: Tiles, x: Tiled, window: ConvolutionWindow, wholeRows: boolean): Slide[] {
  const { kernel, strides, padsBegin, padsEnd } = window;
  const [rows, columns] = kernel as [number, number];
  const [top, left] = padsBegin as [number, number];
  const [bottom, right] = padsEnd as [number, number];
  if (!isStrided(window)) {
    const image = tiles.padded(x.value, wholeRows ? [top, left, bottom, right] : [0, left, 0, right]);
    const height = x.height + (wholeRows ? top + bottom : 0);
    const inside = wholeRows ? { rowsAbove: 0, rowsBelow: 0 } : { rowsAbove: top, rowsBelow: bottom };
    return [
      { image, height, width: x.width + left + right, kernel: [rows, columns], taps: steps(rows * columns), ...inside },
    ];
  }
  const output = outputOf(x, window);
  const needed = (extent: number, axis: number) =>
    Math.max(0, (extent - 1) * strides[axis]! + kernel[axis]! - (axis === 0 ? x.height + top : x.width + left));
  const image = tiles.padded(x.value, [top, left, needed(output.height, 0), needed(output.width, 1)]);
  const { block } = tiles.nchwc;
  const [groups, channels, height, across] = numbersOf(image) as [number, number, number, number];
  const width = across / block;
  return phasesOf(window).map((phase) => {
    const extents = [output.height + phase.rows.length - 1, output.width + phase.columns.length - 1] as const;
    const read = tiles.rows(
      image,
      block * block,
      [
        steps((groups * channels) / block, height * width),
        steps(extents[0], strides[0]! * width, phase.row * width),
        steps(extents[1], strides[1]!, phase.column),
      ],
      [groups, channels, extents[0], extents[1] * block],
    );
    return {
      image: read,
      height: extents[0],
      width: extents[1],
      kernel: [phase.rows.length, phase.columns.length] as const,
      taps: phase.rows.flatMap((row) => phase.columns.map((column) => row * columns + column)),
      rowsAbove: 0,
      rowsBelow: 0,
    };
  });
}

/** How the kernel of the way back is written: the taps turned round, input and output channels exchanged. */
export interface BackwardKernel {
  readonly group: number;
  /** @param taps in the order in which they are to lie */
  weight(taps: readonly number[], kernel: readonly [number, number]): Value;
}

/**
 * dL/dx of a convolution, in the layout of x.
 * @param gradient [N / B, O, height, width B]
 * @param scale [O, 1, 1, 1], what the gradient is to be multiplied by
 * @param sum is added, of the shape of x
 */
export function slideBack(
  tiles: Tiles,
  x: Tiled,
  gradient: Value,
  window: ConvolutionWindow,
  backward: BackwardKernel,
  { scale, sum }: { readonly scale?: Value | undefined; readonly sum?: Value | undefined },
): Value {
  const { nchwc } = tiles;
  const { block, math } = nchwc;
  const [rows, columns] = window.kernel as [number, number];
  const [top, left] = window.padsBegin as [number, number];
  const output = outputOf(x, window);
  const dilations = [1, block] as const;
  const scaled = (before: number, behind: number) =>
    before + behind === 0 && !scale ? gradient : tiles.scaled(gradient, scale ?? 1, { pads: [0, before, 0, behind] });
  if (!isStrided(window)) {
    const kernel = [rows, columns] as const;
    const before = columns - 1 - left;
    return nchwc.conv(
      scaled(before, x.width - output.width + left),
      backward.weight(steps(rows * columns).reverse(), kernel),
      {
        kernel,
        pads: [rows - 1 - top, 0, x.height - output.height + top, 0],
        dilations,
        group: backward.group,
        sum,
      },
    );
  }
  const phases = phasesOf(window);
  const reach = Math.max(...phases.map((phase) => phase.columns.length)) - 1;
  const dy = scaled(reach, reach);
  const size = block * block;
  const planes = numbersOf(x.value)[0]! * (numbersOf(x.value)[1]! / block);
  const places = new Map<string, { start: number; height: number; width: number; shift: number }>();
  let total = 0;
  const parts = phases.map((phase) => {
    const kernel = [phase.rows.length, phase.columns.length] as const;
    const taps = phase.rows.flatMap((row) => phase.columns.map((column) => row * columns + column)).reverse();
    const part = nchwc.conv(dy, backward.weight(taps, kernel), {
      kernel,
      pads: [kernel[0] - 1, 0, kernel[0] - 1, 0],
      dilations,
      group: backward.group,
    });
    const extents = { height: output.height + kernel[0] - 1, width: output.width + 2 * reach - kernel[1] + 1 };
    places.set(`${phase.row},${phase.column}`, { start: total, ...extents, shift: reach - kernel[1] + 1 });
    total += extents.height * extents.width;
    return nchwc.view(part, [planes, extents.height * extents.width * size]);
  });
  const [down, across] = window.strides as [number, number];
  let open = false;
  /** For each pixel of x its place among the parts; behind them for one that no window reads. */
  const pixels = steps(x.height).flatMap((row) =>
    steps(x.width).map((column) => {
      const [i, j] = [row + top, column + left];
      const place = places.get(`${i % down},${j % across}`);
      const [at, aside] = [Math.floor(i / down), Math.floor(j / across) + (place?.shift ?? 0)];
      if (place && at < place.height && aside < place.width) return place.start + at * place.width + aside;
      open = true;
      return total;
    }),
  );
  if (open) parts.push(math.graph.op('Expand', [math.scalar(0, 'float32'), math.integers([planes, size])]));
  const all = parts.length === 1 ? parts[0]! : math.graph.op('Concat', parts, { axis: 1 });
  const dx = tiles.rows(all, size, [steps(planes, total + (open ? 1 : 0)), pixels], numbersOf(x.value));
  return sum ? math.add(dx, sum) : dx;
}
