/** A convolution over tiles that looks at each channel alone. */
import type { Value } from '../../onnx/index.js';
import type { ConvolutionWindow } from '../lowerings.js';
import type { Behind, TiledConvolution } from './dense.js';
import { steps, type Tiled, type Tiles, tiled } from './layout.js';
import { type Extents, outputOf, type Slide, slideBack, slidesOf } from './slides.js';

/** @param weight [C, 1, ...kernel] */
export function depthwiseConvolution(
  tiles: Tiles,
  x: Tiled,
  weight: Value,
  window: ConvolutionWindow,
  behind: Behind,
): TiledConvolution {
  const { nchwc } = tiles;
  const { block, math } = nchwc;
  const { channels } = x;
  const whole = nchwc.whole(channels);
  const size = window.kernel.reduce((product, extent) => product * extent, 1);
  const extents = outputOf(x, window);
  const slides = slidesOf(tiles, x, window, false);
  const ends = math.integers([0, 0, 0, 0, whole - channels, 0, 0, 0]);
  const filled = whole === channels ? weight : math.graph.op('Pad', [weight, ends]);
  const blocked = nchwc.toBlocks(nchwc.view(filled, [1, whole, size, 1]));
  const kernelOf = (taps: readonly number[], kernel: readonly number[]) => {
    const shape = [whole, 1, ...kernel];
    const inOrder = taps.length === size && taps.every((tap, index) => tap === index);
    return inOrder ? nchwc.view(blocked, shape) : tiles.rows(blocked, block, [steps(whole / block, size), taps], shape);
  };
  const value = slides.reduce<Value | undefined>((sum, { image, taps, kernel, rowsAbove, rowsBelow }, index) => {
    return nchwc.conv(image, kernelOf(taps, kernel), {
      kernel,
      pads: [rowsAbove, 0, rowsBelow, 0],
      dilations: [1, block],
      group: whole,
      sum,
      ...(index === 0 && { bias: behind.bias }),
      ...(behind.relu && index === slides.length - 1 && { activation: 'Relu' }),
    });
  }, behind.sum)!;
  return {
    output: tiled(value, { images: x.images, channels, ...extents }),
    weightGradient: (gradient) => {
      const parts = slides.map((slide) => tapGradients(tiles, slide, gradient, extents));
      const all = parts.length === 1 ? parts[0]! : math.graph.op('Concat', parts, { axis: 1 });
      const order = slides.flatMap(({ taps }) => taps);
      const places = steps(size).map((tap) => order.indexOf(tap));
      const shape = [1, whole, size, 1];
      const sorted =
        parts.length === 1
          ? nchwc.view(all, shape)
          : tiles.rows(all, block, [steps(whole / block, size), places], shape);
      return nchwc.view(nchwc.fromBlocks(sorted, channels), weight.shape as readonly number[]);
    },
    inputGradient: (gradient, scale) =>
      slideBack(tiles, x, gradient, window, { group: whole, weight: kernelOf }, { scale }),
  };
}

/**
 * The gradient of a slide's taps, [C / B, taps B]: a depthwise convolution whose kernel is a whole image is the product of two images for
 * each tap.
 */
function tapGradients({ nchwc }: Tiles, slide: Slide, gradient: Value, { height, width }: Extents): Value {
  const { block, math } = nchwc;
  const { image, kernel, rowsAbove, rowsBelow } = slide;
  const [sets, channels] = image.shape as readonly number[];
  const planes = sets! * channels!;
  const across = width * block;
  const taps = nchwc.conv(
    nchwc.view(image, [1, planes, slide.height, slide.width * block]),
    nchwc.view(gradient, [planes, 1, height, across]),
    { kernel: [height, across], pads: [rowsAbove, 0, rowsBelow, 0], strides: [1, block], group: planes },
  );
  const size = kernel[0] * kernel[1];
  return math.sum(nchwc.view(taps, [sets!, channels! / block, size * block]), [0]);
}
