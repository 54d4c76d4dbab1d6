/**
 * The layout of this folder: images [N, C, H, W] lie in memory as [N / B, C / B, H, W, B images, B channels], and are written
 * [N / B, C, H, W B]: to the operators for blocked images, B of them side by side. Their weights are read once for B images, a shift by a pixel
 * is a dilation of B, and the gradient of a convolution's weight needs no other order than whole tiles of B x B.
 */
import type { Value } from '../../onnx/index.js';
import { type Nchwc, numbersOf, type Pads } from './nchwc.js';

/** Images in this layout. */
export interface Tiled {
  /** [N / B, C rounded up to blocks, H, W B] */
  readonly value: Value;
  /** N: a multiple of B. */
  readonly images: number;
  /** C; channels that fill up a block hold zeros, or whatever an operator makes of zeros. */
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Images of these extents around a value. */
export function tiled(value: Value, { images, channels, height, width }: Omit<Tiled, 'value'>): Tiled {
  return { value, images, channels, height, width };
}

/** Lists up to this length are stored; longer ones the session makes when it folds constants. */
const LARGEST_STORED = 512;

/** Moves rows of memory. */
export class Tiles {
  readonly nchwc: Nchwc;
  readonly #lists = new Map<string, Value>();
  readonly #filled = new Map<string, Value>();

  constructor(nchwc: Nchwc) {
    this.nchwc = nchwc;
  }

  /** All sums of one number of each list, the last list fastest: places of rows. int32 */
  places(lists: readonly (readonly number[])[]): Value {
    const key = lists.map((list) => list.join()).join(':');
    const known = this.#lists.get(key);
    if (known) return known;
    const { math } = this.nchwc;
    const { graph } = math;
    const constant = (numbers: readonly number[], shape: readonly number[]) =>
      graph.constant({ dtype: 'int32', shape, data: Int32Array.from(numbers) });
    const count = lists.reduce((product, { length }) => product * length, 1);
    let result: Value;
    if (count <= LARGEST_STORED) {
      const all = lists.reduce((sums, list) => sums.flatMap((sum) => list.map((entry) => sum + entry)), [0]);
      result = constant(all, [count]);
    } else {
      const start = lists.reduce((sum, list) => (list.length === 1 ? sum + list[0]! : sum), 0);
      const [first, ...rest] = lists.filter(({ length }) => length > 1);
      const axes = [first!.map((entry) => entry + start), ...rest];
      const spread = axes.map((list, axis) => constant(list, [list.length, ...axes.slice(axis + 1).map(() => 1)]));
      const sum = spread.reduce((total, list) => math.add(total, list));
      result = math.reshape(sum, [-1]);
    }
    this.#lists.set(key, result);
    return result;
  }

  /**
   * Rows of memory in another order. By Gather: it shares the rows among threads, which Transpose does not.
   * @param size elements of a row
   * @param lists whose sums are the numbers of the rows
   */
  rows(x: Value, size: number, lists: readonly (readonly number[])[], shape: readonly number[]): Value {
    const { nchwc } = this;
    const count = numbersOf(x).reduce((product, extent) => product * extent, 1) / size;
    const table = nchwc.view(x, [count, size]);
    return nchwc.view(nchwc.math.graph.op('Gather', [table, this.places(lists)], { axis: 0 }), shape);
  }

  /** One number for each channel, as the kernel [C, 1, 1, 1] that multiplies by it. */
  constant(channels: number, factor: number): Value {
    const key = `${channels}:${factor}`;
    const known = this.#filled.get(key);
    if (known) return known;
    const data = new Float32Array(channels).fill(factor);
    const value = this.nchwc.math.graph.constant({ dtype: 'float32', shape: [channels, 1, 1, 1], data });
    this.#filled.set(key, value);
    return value;
  }

  /**
   * factor x + offset + sum, in one pass over memory.
   * @param factor [C, 1, 1, 1] or a number
   * @param pads in pixels
   */
  scaled(
    x: Value,
    factor: Value | number,
    { offset, sum, relu, pads }: { offset?: Value; sum?: Value | undefined; relu?: boolean; pads?: Pads } = {},
  ): Value {
    const channels = numbersOf(x)[1]!;
    const { block } = this.nchwc;
    const weight = typeof factor === 'number' ? this.constant(channels, factor) : factor;
    return this.nchwc.conv(x, weight, {
      kernel: [1, 1],
      group: channels,
      bias: offset,
      sum,
      ...(relu && { activation: 'Relu' }),
      ...(pads && { pads: [pads[0], pads[1] * block, pads[2], pads[3] * block] }),
    });
  }

  /** x with zeros around it, in pixels. */
  padded(x: Value, pads: Pads): Value {
    return pads.every((pad) => pad === 0) ? x : this.scaled(x, 1, { pads });
  }

  /** Images as they come, [N, C, H, W], in tiles. */
  tile(x: Value): Tiled {
    const { nchwc } = this;
    const { block } = nchwc;
    const [images, channels, height, width] = numbersOf(x) as [number, number, number, number];
    const whole = nchwc.whole(channels);
    const filled =
      channels % 4 === 0
        ? x
        : nchwc.math.graph.op('Pad', [x, nchwc.math.integers([0, 0, 0, 0, 0, whole - channels, 0, 0])]);
    const value = this.regroup(nchwc.toBlocks(filled), height, width, images, whole / block);
    return { value, images, channels, height, width };
  }

  /** A blocked image, [N, C / B, H, W, B], in tiles. */
  regroup(x: Value, height: number, width: number, images: number, blocks: number): Value {
    const { block } = this.nchwc;
    const pixels = height * width;
    return this.rows(
      x,
      block,
      [
        steps(images / block, block * blocks * pixels),
        steps(blocks, pixels),
        steps(pixels),
        steps(block, blocks * pixels),
      ],
      [images / block, blocks * block, height, width * block],
    );
  }

  /** Tiles as [N, C, H, W] again. */
  untile({ value, images, channels, height, width }: Tiled): Value {
    const { nchwc } = this;
    const { block } = nchwc;
    const whole = nchwc.whole(channels);
    const [groups, blocks, pixels] = [images / block, whole / block, height * width];
    const blocked = this.rows(
      value,
      block,
      [steps(groups, blocks * pixels * block), steps(block), steps(blocks, pixels * block), steps(pixels, block)],
      [images, whole, height, width],
    );
    return nchwc.fromBlocks(blocked, channels);
  }
}

/** 0, step, 2 step, ...: the places along an axis. */
export function steps(count: number, step = 1, start = 0): number[] {
  return Array.from({ length: count }, (_, index) => start + index * step);
}
