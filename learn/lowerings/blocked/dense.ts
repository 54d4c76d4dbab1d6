/** A convolution of one group over tiles: every output channel reads every input channel. */
import { once } from '../../autodiff/derivatives/derivative.js';
import type { Value } from '../../onnx/index.js';
import type { ConvolutionWindow } from '../lowerings.js';
import { steps, type Tiled, type Tiles, tiled } from './layout.js';
import { type Extents, outputOf, type Slide, slideBack, slidesOf } from './slides.js';

/** What a convolution is added to, and what comes behind it. */
export interface Behind {
  /** [O] */
  readonly bias?: Value | undefined;
  /** Of the output's layout. */
  readonly sum?: Value | undefined;
  readonly relu?: boolean;
}

/** A convolution that has been written, and its way back. Gradients are [N / B, O, height, width B]. */
export interface TiledConvolution {
  readonly output: Tiled;
  /** Of the weight's shape. */
  weightGradient(gradient: Value): Value;
  /** In the layout of x. @param scale [O, 1, 1, 1]: the gradient is multiplied by it */
  inputGradient(gradient: Value, scale?: Value): Value;
}

/** The gradient of the output is the kernel of the weight's: four blocks of it are to stay in half of a core's L2 cache. */
const LARGEST_KERNEL_BYTES = 900 * 1024;

/** Into how many groups of rows the output falls, so that the gradient of each fits. */
export function rowGroups({ height, width }: Extents, outputs: number, block: number): number {
  const bytes = (groups: number) => (height / groups) * width * block * block * 4 * Math.min(4, outputs / block);
  const fits = steps(height, 1, 1).find((groups) => height % groups === 0 && bytes(groups) <= LARGEST_KERNEL_BYTES);
  return fits ?? height;
}

/** @param weight [O, C, ...kernel] */
export function denseConvolution(
  tiles: Tiles,
  x: Tiled,
  weight: Value,
  window: ConvolutionWindow,
  behind: Behind,
): TiledConvolution {
  const { nchwc } = tiles;
  const { block } = nchwc;
  const outputs = weight.shape[0] as number;
  const [inner, outer] = [nchwc.whole(x.channels), nchwc.whole(outputs)];
  const extents = outputOf(x, window);
  const groups = rowGroups(extents, outer, block);
  const filled = filledUp(tiles, weight, outer, inner);
  const slides = slidesOf(tiles, x, window, groups > 1 && window.kernel[0]! > 1);
  const kernels = new Kernels(tiles, filled);
  const value = slides.reduce<Value | undefined>((sum, slide, index) => {
    return nchwc.conv(slide.image, kernels.forward(slide.taps, slide.kernel), {
      kernel: slide.kernel,
      pads: [slide.rowsAbove, 0, slide.rowsBelow, 0],
      dilations: [1, block],
      sum,
      ...(index === 0 && { bias: behind.bias }),
      ...(behind.relu && index === slides.length - 1 && { activation: 'Relu' }),
    });
  }, behind.sum)!;
  const output = tiled(value, { images: x.images, channels: outputs, ...extents });
  return {
    output,
    weightGradient: (gradient) => {
      const parts = slides.map((slide) => tapGradients(tiles, slide, gradient, output, groups));
      return asStored(tiles, parts, slides, weight, outer, inner);
    },
    inputGradient: (gradient, scale) =>
      slideBack(
        tiles,
        x,
        gradient,
        window,
        { group: 1, weight: (taps, kernel) => kernels.backward(taps, kernel) },
        { scale },
      ),
  };
}

/** The weight with zeros up to whole blocks of both kinds of channels. */
function filledUp({ nchwc }: Tiles, weight: Value, outer: number, inner: number): Value {
  const [outputs, channels] = weight.shape as readonly number[];
  if (outputs === outer && channels === inner) return weight;
  const { math } = nchwc;
  const ends = [outer - outputs!, inner - channels!, 0, 0];
  return math.graph.op('Pad', [weight, math.integers([0, 0, 0, 0, ...ends])]);
}

/** Parts of a weight [O, C, ...kernel] as kernels. */
class Kernels {
  readonly #tiles: Tiles;
  readonly #extents: readonly [outputs: number, channels: number, taps: number];
  /** [O / B, C / B, taps, B of C, B of O] */
  readonly #all: Value;
  /** The same with B of O, B of C at its end. */
  readonly #turned: () => Value;

  constructor(tiles: Tiles, weight: Value) {
    const { nchwc } = tiles;
    const { block } = nchwc;
    const [outputs, channels, height, width] = weight.shape as readonly [number, number, number, number];
    const taps = height * width;
    const columns = nchwc.toBlocks(nchwc.view(weight, [outputs / block, block, channels * taps, 1]));
    const lists = [
      steps(outputs / block, channels * taps),
      steps(channels / block, block * taps),
      steps(taps),
      steps(block, taps),
    ];
    const shape = [(outputs * channels * taps) / block ** 2, block, block, 1];
    this.#tiles = tiles;
    this.#extents = [outputs, channels, taps];
    this.#all = taps === 1 ? columns : tiles.rows(columns, block, lists, shape);
    this.#turned = once(() => nchwc.toBlocks(nchwc.view(this.#all, shape)));
  }

  /** [O / B, C / B, ...kernel, B of C, B of O] */
  forward(taps: readonly number[], kernel: readonly number[]): Value {
    const [outputs, channels, count] = this.#extents;
    const { block } = this.#tiles.nchwc;
    const shape = [outputs, channels, ...kernel];
    if (taps.length === count) return this.#tiles.nchwc.view(this.#all, shape);
    return this.#tiles.rows(this.#all, block ** 2, [steps((outputs * channels) / block ** 2, count), taps], shape);
  }

  /** [C / B, O / B, ...kernel, B of O, B of C] */
  backward(taps: readonly number[], kernel: readonly number[]): Value {
    const [outputs, channels, count] = this.#extents;
    const { block } = this.#tiles.nchwc;
    const blocks = channels / block;
    const lists = [steps(blocks, count), steps(outputs / block, blocks * count), taps];
    return this.#tiles.rows(this.#turned(), block ** 2, lists, [channels, outputs, ...kernel]);
  }
}

/**
 * The gradient of a slide's part of the weight, [C / B, O / B, taps, B of C, B of O]: a convolution in which images are the channels that are
 * summed, the B channels of a block lie side by side, and the gradient is the kernel.
 */
function tapGradients(tiles: Tiles, slide: Slide, gradient: Value, output: Tiled, groups: number): Value {
  const { nchwc } = tiles;
  const { block } = nchwc;
  const tile = block * block;
  const { height, width, kernel, rowsAbove, rowsBelow } = slide;
  const [sets, channels] = slide.image.shape as readonly number[];
  const blocks = channels! / block;
  const outer = gradient.shape[1] as number;
  const turned = nchwc.toBlocks(nchwc.view(slide.image, [sets! * blocks * height * width, block, block, 1]));
  const rows = output.height / groups;
  const shape = [blocks, output.images * groups, groups === 1 ? height : rows + kernel[0] - 1, width * block];
  let images: Value;
  if (groups > 1) {
    const lists = [
      steps(blocks, height),
      steps(sets!, blocks * height),
      steps(groups, rows),
      steps(rows + kernel[0] - 1),
    ];
    images = tiles.rows(turned, width * tile, lists, shape);
  } else if (blocks === 1 || sets === 1) images = nchwc.view(turned, shape);
  else images = tiles.rows(turned, height * width * tile, [steps(blocks), steps(sets!, blocks)], shape);
  const filters = [outer, output.images * groups, rows, output.width];
  const filter =
    sets === 1 || outer === block
      ? nchwc.view(gradient, filters)
      : tiles.rows(
          gradient,
          output.height * output.width * tile,
          [steps(outer / block), steps(sets!, outer / block)],
          filters,
        );
  return nchwc.conv(images, filter, {
    kernel: [rows, output.width],
    pads: groups === 1 ? [rowsAbove, 0, rowsBelow, 0] : [0, 0, 0, 0],
    dilations: [1, block],
  });
}

/** The gradients of all taps as the weight is stored, [O, C, ...kernel]. */
function asStored(
  tiles: Tiles,
  parts: readonly Value[],
  slides: readonly Slide[],
  weight: Value,
  outer: number,
  inner: number,
): Value {
  const { nchwc } = tiles;
  const { block, math } = nchwc;
  const [outputs, channels, height, width] = weight.shape as readonly number[];
  const size = height! * width!;
  const pairs = (outer / block) * (inner / block);
  const tile = block * block;
  const flat = parts.map((part, index) => nchwc.view(part, [pairs, slides[index]!.taps.length * tile]));
  const all = flat.length === 1 ? flat[0]! : math.graph.op('Concat', flat, { axis: 1 });
  const order = slides.flatMap(({ taps }) => taps);
  // With strides longer than the kernel no tap is missing either: each belongs to one phase.
  const places = steps(size).map((tap) => order.indexOf(tap) * block);
  const lists = [
    steps(outer / block, size * block),
    steps(inner / block, (outer / block) * size * block),
    steps(block),
    places,
  ];
  const rows = tiles.rows(all, block, lists, [outer / block, block, inner * size, 1]);
  const whole = nchwc.view(nchwc.fromBlocks(rows, block), [outer, inner, height!, width!]);
  if (outer === outputs && inner === channels) return whole;
  const [zeros, ends] = [math.integers([0, 0]), math.integers([outputs!, channels!])];
  return math.graph.op('Slice', [whole, zeros, ends, math.integers([0, 1])]);
}
