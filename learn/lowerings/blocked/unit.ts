/**
 * What a convolutional network is made of, as one operation: a convolution, a batch normalisation, a residual that is added and a ReLU, each
 * of which may be missing. Together they read and write memory less often, there and back, than one after the other.
 */
import { type Derivative, once } from '../../autodiff/derivatives/derivative.js';
import type { Value } from '../../onnx/index.js';
import type { ConvolutionWindow } from '../lowerings.js';
import { type Behind, denseConvolution, type TiledConvolution } from './dense.js';
import { depthwiseConvolution } from './depthwise.js';
import { convolutionOfFewChannels } from './few-channels.js';
import { type Tiled, type Tiles, tiled } from './layout.js';
import { numbersOf } from './nchwc.js';
import {
  channelSums,
  type NormalizationParameters,
  normalizeTiles,
  normalizeTilesByFixed,
  type TiledNormalization,
} from './normalization.js';

export interface Unit {
  /** Tiles; plain [N, C, H, W] where a convolution reads few channels. */
  readonly x: Tiled | Value;
  readonly convolution?: {
    readonly weight: Value;
    readonly bias: Value | undefined;
    readonly window: ConvolutionWindow;
  };
  readonly normalization?: NormalizationParameters;
  /** In the layout of the output. */
  readonly residual?: Value | undefined;
  readonly relu: boolean;
}

/** A unit in the graph. */
export interface EmittedUnit {
  readonly output: Tiled;
  /** Statistics of the batch, [C]; of a normalisation only. */
  readonly mean?: Value;
  readonly variance?: Value;
  /** In the order of the derivative's entries. */
  readonly inputs: readonly (Value | undefined)[];
  readonly derivative: Derivative;
}

function isTiled(x: Tiled | Value): x is Tiled {
  return 'value' in x;
}

function convolve(tiles: Tiles, { x, convolution }: Unit, behind: Behind): TiledConvolution | undefined {
  if (!convolution) return undefined;
  const { weight, window } = convolution;
  if (!isTiled(x)) return convolutionOfFewChannels(tiles, x, weight, window, behind);
  return (window.group === 1 ? denseConvolution : depthwiseConvolution)(tiles, x, weight, window, behind);
}

/** 1 where y > 0, else 0: exact for all that is not subnormal, in a fifth of the time of a comparison. */
function isPositive(tiles: Tiles, y: Value): Value {
  return tiles.nchwc.math.graph.op('HardSigmoid', [y], { alpha: 3e38, beta: 0 });
}

/** The ReLU's part of the way back. @param y its output */
export function backThroughRelu(tiles: Tiles, y: Value, gradient: Value): Value {
  return tiles.nchwc.math.mul(gradient, isPositive(tiles, y));
}

function sizeOf(value: Value): number {
  return numbersOf(value).reduce((product, extent) => product * extent, 1);
}

export function emitUnit(tiles: Tiles, unit: Unit): EmittedUnit {
  const { nchwc } = tiles;
  const { math } = nchwc;
  const { x, convolution, normalization, residual, relu } = unit;
  const channels = convolution ? (convolution.weight.shape[0] as number) : (x as Tiled).channels;
  const whole = nchwc.whole(channels);
  const filledBias =
    convolution?.bias && whole !== channels
      ? math.graph.op('Pad', [convolution.bias, math.integers([0, whole - channels])])
      : convolution?.bias;
  const convolved = convolve(tiles, unit, {
    bias: filledBias,
    ...(!normalization && { sum: residual, relu }),
  });
  const before = convolved?.output ?? (x as Tiled);
  const normalized: TiledNormalization | undefined =
    normalization &&
    (normalization.fixed
      ? normalizeTilesByFixed(tiles, before, normalization, normalization.fixed, { residual, relu })
      : normalizeTiles(tiles, before, normalization, { residual, relu }));
  const output = (normalized ?? convolved)!.output;
  const known = (vector: Value) =>
    whole === channels ? vector : math.graph.op('Slice', [vector, math.integers([0]), math.integers([channels])]);
  const derivative: Derivative = (call) => {
    if (call.hasGradient(1) || call.hasGradient(2)) call.fail('the loss depends on its running statistics');
    const gradient = once(() => (relu ? backThroughRelu(tiles, output.value, call.gradient) : call.gradient));
    const through = once(() => normalized?.back(gradient()));
    // One of the two is multiplied by the factor: the gradient of the result, or that of the weight, whichever is smaller.
    const early = convolution !== undefined && sizeOf(convolution.weight) > sizeOf(output.value);
    /** The gradient of the convolution's result, over the factor. */
    const inner = once(() => {
      const parts = through();
      if (!parts) return gradient();
      return early ? tiles.scaled(parts.unscaled, parts.factor) : parts.unscaled;
    });
    const factor = () => (early ? undefined : through()?.factor);
    const ofChannels = () => known(math.reshape(factor()!, [whole]));
    return [
      () => convolved?.inputGradient(inner(), factor()) ?? tiles.scaled(inner(), factor()!),
      () => {
        const ofWeight = convolved!.weightGradient(inner());
        if (!factor()) return ofWeight;
        // As a matrix: behind axes of one element each product is found on its own, thirty times slower.
        const matrix = nchwc.view(ofWeight, [channels, sizeOf(ofWeight) / channels]);
        return nchwc.view(math.mul(matrix, math.reshape(ofChannels(), [channels, 1])), numbersOf(ofWeight));
      },
      () => {
        const sums = known(channelSums(tiles, inner()));
        return factor() ? math.mul(sums, ofChannels()) : sums;
      },
      () => through()!.scale(),
      () => through()!.bias(),
      gradient,
      // A mean and a variance that are not the batch's are stored, or follow from what is.
      () => call.fail('its mean and variance are inputs that the loss would change: freeze them'),
      () => call.fail('its mean and variance are inputs that the loss would change: freeze them'),
    ];
  };
  return {
    output: tiled(output.value, output),
    ...(normalized && !normalization?.fixed && { mean: normalized.mean, variance: normalized.variance }),
    inputs: [
      isTiled(x) ? x.value : x,
      convolution?.weight,
      convolution?.bias,
      normalization?.scale,
      normalization?.bias,
      residual,
      normalization?.fixed?.mean,
      normalization?.fixed?.variance,
    ],
    derivative,
  };
}
