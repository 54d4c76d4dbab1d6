/** The first convolution of a network: images of fewer channels than a block, as they come. */
import type { Value } from '../../onnx/index.js';
import { transposedConvolution } from '../convolution/transposed.js';
import type { ConvolutionWindow } from '../lowerings.js';
import { type Behind, rowGroups, type TiledConvolution } from './dense.js';
import { steps, type Tiled, type Tiles, tiled } from './layout.js';
import { numbersOf } from './nchwc.js';
import { type Extents, outputOf } from './slides.js';

/**
 * @param x [N, C, H, W], plain; its gradient is plain too
 * @param weight [O, C, ...kernel]
 */
export function convolutionOfFewChannels(
  tiles: Tiles,
  x: Value,
  weight: Value,
  window: ConvolutionWindow,
  { bias, sum, relu }: Behind,
): TiledConvolution {
  const { nchwc } = tiles;
  const { block, math } = nchwc;
  const [images, channels, height, width] = numbersOf(x) as [number, number, number, number];
  const [outputs] = numbersOf(weight) as [number];
  const outer = nchwc.whole(outputs);
  const extents = outputOf({ height, width }, window);
  const [rows, columns] = window.kernel as [number, number];
  const size = rows * columns;
  const ends = math.integers([0, 0, 0, 0, outer - outputs, 0, 0, 0]);
  const filled = outer === outputs ? weight : math.graph.op('Pad', [weight, ends]);
  const kernel = nchwc.view(nchwc.toBlocks(nchwc.view(filled, [outer / block, block, channels * size, 1])), [
    outer,
    channels,
    rows,
    columns,
  ]);
  const activation = relu && !sum ? ({ activation: 'Relu' } as const) : {};
  const slid = window.strides.every((stride) => stride === 1)
    ? sideBySide(tiles, x, kernel, window, { bias, ...activation })
    : oneByOne(tiles, x, kernel, window, extents, { bias, ...activation });
  const added = sum ? math.add(slid, sum) : slid;
  const output = tiled(sum && relu ? math.graph.op('Relu', [added]) : added, { images, channels: outputs, ...extents });
  return {
    output,
    weightGradient: (gradient) => weightGradient(tiles, x, weight, window, gradient, output),
    inputGradient: (gradient, scale) => {
      const scaled = scale ? tiles.scaled(gradient, scale) : gradient;
      return transposedConvolution(math, x, weight, tiles.untile({ ...output, value: scaled }), window);
    },
  };
}

interface Behaviour {
  readonly bias: Value | undefined;
  readonly activation?: 'Relu';
}

/** B images side by side. */
function sideBySide({ nchwc }: Tiles, x: Value, kernel: Value, window: ConvolutionWindow, behaviour: Behaviour): Value {
  const { block, math } = nchwc;
  const [images, channels, height, width] = numbersOf(x) as [number, number, number, number];
  const [top, left] = window.padsBegin as [number, number];
  const [bottom, right] = window.padsEnd as [number, number];
  const groups = images / block;
  const mixed = nchwc.toBlocks(nchwc.view(x, [groups, block, channels * height * width, 1]));
  const image = nchwc.view(mixed, [groups, channels, height, width * block]);
  const pads = math.integers([0, 0, 0, left * block, 0, 0, 0, right * block]);
  return nchwc.conv(left + right === 0 ? image : math.graph.op('Pad', [image, pads]), kernel, {
    kernel: window.kernel as [number, number],
    pads: [top, 0, bottom, 0],
    dilations: [1, block],
    ...behaviour,
  });
}

/** One image behind the other, and into tiles afterwards: a stride cannot step over images that lie side by side. */
function oneByOne(
  tiles: Tiles,
  x: Value,
  kernel: Value,
  window: ConvolutionWindow,
  { height, width }: Extents,
  behaviour: Behaviour,
): Value {
  const { nchwc } = tiles;
  const { block } = nchwc;
  const slid = nchwc.conv(x, kernel, {
    kernel: window.kernel as [number, number],
    pads: [...window.padsBegin, ...window.padsEnd] as never,
    strides: window.strides as [number, number],
    ...behaviour,
  });
  return tiles.regroup(slid, height, width, slid.shape[0] as number, (slid.shape[1] as number) / block);
}

/** As for many channels, but that the channels of a pixel lie side by side in place of those of a block. */
function weightGradient(
  tiles: Tiles,
  x: Value,
  weight: Value,
  window: ConvolutionWindow,
  gradient: Value,
  output: Tiled,
): Value {
  const { nchwc } = tiles;
  const { block, math } = nchwc;
  const [images, channels, height, width] = numbersOf(x) as [number, number, number, number];
  const [outputs] = numbersOf(weight) as [number];
  const outer = nchwc.whole(outputs);
  const [rows, columns] = window.kernel as [number, number];
  const [down, across] = window.strides as [number, number];
  const [top, left] = window.padsBegin as [number, number];
  // As far as the windows reach: less than x where they leave something over.
  const read = [(output.height - 1) * down + rows, (output.width - 1) * across + columns] as const;
  const pads = [0, top, left, 0, 0, read[0] - height - top, read[1] - width - left, 0];
  const padded = math.graph.op('Pad', [math.transpose(x, [0, 2, 3, 1]), math.integers(pads)]);
  const sets = images / block;
  const mixed = nchwc.toBlocks(nchwc.view(padded, [1, images, read[0], read[1] * channels]));
  const groups = rowGroups(output, outer, block);
  const count = output.height / groups;
  const reach = (count - 1) * down + rows;
  const lists = [steps(sets, read[0]), steps(groups, count * down), steps(reach)];
  const image =
    groups === 1
      ? mixed
      : tiles.rows(mixed, read[1] * channels * block, lists, [1, images * groups, reach, read[1] * channels]);
  const blocks = outer / block;
  const filter = tiles.rows(
    gradient,
    output.height * output.width * block * block,
    [steps(blocks), steps(sets, blocks)],
    [outer, images * groups, count, output.width],
  );
  const taps = nchwc.conv(image, filter, { kernel: [count, output.width], dilations: [down, across * channels] });
  const plain = nchwc.view(nchwc.fromBlocks(taps, outputs), [outputs, rows, columns, channels]);
  return math.transpose(plain, [0, 3, 1, 2]);
}
