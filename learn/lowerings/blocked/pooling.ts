/** Pooling of tiles. */
import type { Value } from '../../onnx/index.js';
import { positions } from '../../onnx/operators/window.js';
import type { SlidingWindow } from '../lowerings.js';
import { steps, type Tiled, type Tiles, tiled } from './layout.js';
import { numbersOf } from './nchwc.js';

/** Whether the windows are blocks that cover all of x. */
export function isBlockPooling({ height, width }: Tiled, window: SlidingWindow): boolean {
  return [height, width].every((extent, axis) => {
    const size = window.kernel[axis]!;
    const pads = window.padsBegin[axis]! + window.padsEnd[axis]!;
    const dense = window.dilations[axis] === 1 || size === 1;
    return dense && pads === 0 && window.strides[axis] === size && extent % size === 0;
  });
}

/** Rows first; then along the row, whose pixels are rows of their own to the operator. */
function pooled(
  { nchwc }: Tiles,
  type: 'MaxPool' | 'AveragePool',
  x: Value,
  [down, across]: readonly [number, number],
): Value {
  const { block } = nchwc;
  const [sets, channels, height, width] = numbersOf(x) as [number, number, number, number];
  const rows = down === 1 ? x : nchwc.pool(type, x, [down, 1]);
  if (across === 1) return rows;
  const pixels = nchwc.view(rows, [sets, channels, ((height / down) * width) / block, block]);
  return nchwc.view(nchwc.pool(type, pixels, [across, 1]), [sets, channels, height / down, width / across]);
}

/** The largest of each block; elements that are it together share its gradient equally. */
export function maxPoolTiles(
  tiles: Tiles,
  x: Tiled,
  window: SlidingWindow,
): { output: Tiled; back(gradient: Value): Value } {
  const { nchwc } = tiles;
  const { block, math } = nchwc;
  const [down, across] = window.kernel as [number, number];
  const size = block * block;
  const maximum = pooled(tiles, 'MaxPool', x.value, [down, across]);
  const [height, width] = [x.height / down, x.width / across];
  const shape = numbersOf(x.value);
  const planes = (shape[0]! * shape[1]!) / block;
  const inside = (value: Value) => math.reshape(value, [planes * height, down, width, across, size]);
  const outside = (value: Value) => math.reshape(value, [planes * height, 1, width, 1, size]);
  return {
    output: tiled(maximum, { ...x, height, width }),
    back(gradient) {
      // 1 where x is the maximum, 0 where it is less: exact for all differences that are not subnormal.
      const distance = math.sub(inside(x.value), outside(maximum));
      const isMaximum = math.graph.op('HardSigmoid', [distance], { alpha: 3e38, beta: 1 });
      const share = pooled(tiles, 'AveragePool', nchwc.view(isMaximum, shape), [down, across]);
      const each = math.div(gradient, math.mul(share, down * across));
      return nchwc.view(math.mul(isMaximum, outside(each)), shape);
    },
  };
}

/** The largest temporary value that windows which overlap are worth, in elements. */
const LARGEST_TAPS = 2 ** 25;

/** Whether windows of any kind can be read tap by tap. */
export function isTapPooling({ value, height, width }: Tiled, window: SlidingWindow): boolean {
  const { kernel, strides, dilations, padsBegin, padsEnd } = window;
  const pads = [...padsBegin, ...padsEnd];
  if (dilations.some((dilation) => dilation !== 1) || pads.some((pad, place) => pad < 0 || pad >= kernel[place % 2]!))
    return false;
  // Rounding up may have placed a window more than these.
  const taps = kernel[0]! * kernel[1]!;
  const planes = numbersOf(value).reduce((product, extent) => product * extent, 1) / (height * width);
  const [rows, columns] = extentsOf({ height, width }, window);
  return (
    rows! * columns! > 0 && taps * planes * rows! * columns! <= LARGEST_TAPS && strides.every((stride) => stride > 0)
  );
}

function extentsOf({ height, width }: { height: number; width: number }, window: SlidingWindow): number[] {
  return [height, width].map((extent, axis) => positions(window, axis, extent));
}

/** The same for windows that overlap, or reach into padding: every tap of every window is read. */
export function maxPoolByTaps(
  tiles: Tiles,
  x: Tiled,
  window: SlidingWindow,
): { output: Tiled; back(gradient: Value): Value } {
  const { nchwc } = tiles;
  const { block, math } = nchwc;
  const size = block * block;
  const [down, across] = window.strides as [number, number];
  const [top, left] = window.padsBegin as [number, number];
  const [tall, wide] = window.kernel as [number, number];
  const [height, width] = extentsOf(x, window) as [number, number];
  const shape = numbersOf(x.value) as [number, number, number, number];
  const planes = (shape[0] * shape[1]) / block;
  const rows = nchwc.pool('MaxPool', x.value, [tall, 1], [down, 1], [top, 0, window.padsEnd[0]!, 0]);
  const inside = (at: number, extent: number) => Math.min(extent - 1, Math.max(0, at));
  // A tap in the padding reads the nearest pixel of its window in its place: the maximum is the same.
  const maximum = steps(wide)
    .map((tap) => steps(width).map((place) => inside(place * across + tap - left, x.width)))
    .map((columns) =>
      tiles.rows(rows, size, [steps(planes * height, x.width), columns], [shape[0], shape[1], height, width * block]),
    )
    .reduce((largest, column) => math.max(largest, column));
  return {
    output: tiled(maximum, { ...x, height, width }),
    back(gradient) {
      const pixels = x.height * x.width;
      const outside = pixels;
      /** For each tap of each window, tap by tap, the pixel that it reads. */
      const read = steps(tall).flatMap((row) =>
        steps(wide).flatMap((column) =>
          steps(height).flatMap((i) =>
            steps(width).map((j) => {
              const [y, z] = [i * down + row - top, j * across + column - left];
              const within = y >= 0 && y < x.height && z >= 0 && z < x.width;
              return within ? y * x.width + z : outside;
            }),
          ),
        ),
      );
      const nothing = (value: number) =>
        math.graph.op('Expand', [math.scalar(value, 'float32'), math.integers([planes, size])]);
      const extended = math.graph.op(
        'Concat',
        [math.reshape(x.value, [planes, pixels * size]), nothing(Number.NEGATIVE_INFINITY)],
        { axis: 1 },
      );
      const taps = tall * wide;
      const windows = height * width * size;
      const flat = (value: Value) => math.reshape(value, [planes, 1, windows]);
      const seen = tiles.rows(extended, size, [steps(planes, pixels + 1), read], [planes, taps, windows]);
      const isMaximum = math.graph.op('HardSigmoid', [math.sub(seen, flat(maximum))], { alpha: 3e38, beta: 1 });
      const each = math.div(flat(gradient), math.sum(isMaximum, [1], true));
      const shares = math.graph.op(
        'Concat',
        [math.reshape(math.mul(isMaximum, each), [planes, taps * windows]), nothing(0)],
        { axis: 1 },
      );
      /** For each pixel the taps that read it. */
      const readers: number[][] = steps(pixels).map(() => []);
      for (const [tap, pixel] of read.entries()) if (pixel !== outside) readers[pixel]!.push(tap);
      const most = Math.max(...readers.map(({ length }) => length));
      const total = taps * height * width;
      return steps(Math.max(1, most))
        .map((turn) => readers.map((list) => list[turn] ?? total))
        .map((places) => tiles.rows(shares, size, [steps(planes, total + 1), places], shape))
        .reduce((sum, part) => math.add(sum, part));
    },
  };
}

/** The mean of each channel, plain: [N, C, 1, 1]. Out of operators that have derivatives. */
export function globalAverageOfTiles({ nchwc }: Tiles, { value, images, channels, height, width }: Tiled): Value {
  const { block, math } = nchwc;
  const blocks = nchwc.whole(channels) / block;
  const sets = images / block;
  const flat = math.reshape(value, [sets * blocks, height * width, block * block]);
  const means = math.graph.op('ReduceMean', [flat, math.integers([1])], { keepdims: 0 });
  const byImage = math.transpose(math.reshape(means, [sets, blocks, block, block]), [0, 2, 1, 3]);
  const all = math.reshape(byImage, [images, blocks * block, 1, 1]);
  if (blocks * block === channels) return all;
  return math.graph.op('Slice', [all, math.integers([0]), math.integers([channels]), math.integers([1])]);
}

/** One number for each channel of each image, [N, C, 1, 1], to multiply tiles of these extents by: [N / B, C / B, 1, B B]. */
export function gateOfTiles({ nchwc }: Tiles, gate: Value, { images, channels }: Tiled): Value {
  const { block, math } = nchwc;
  const whole = nchwc.whole(channels);
  const [sets, blocks] = [images / block, whole / block];
  const ends = math.integers([0, 0, 0, 0, 0, whole - channels, 0, 0]);
  const filled = whole === channels ? gate : math.graph.op('Pad', [gate, ends]);
  const split = math.transpose(math.reshape(filled, [sets, block, blocks, block]), [0, 2, 1, 3]);
  return math.reshape(split, [sets * blocks, 1, block * block]);
}
