/** Batch normalisation of tiles by the statistics of the batch, with a residual and a ReLU behind it, in as few passes over memory as there are. */
import { once } from '../../autodiff/derivatives/derivative.js';
import type { Value } from '../../onnx/index.js';
import { type Tiled, type Tiles, tiled } from './layout.js';
import { numbersOf } from './nchwc.js';

/** [C] each, C without what fills up blocks. */
export interface NormalizationParameters {
  readonly scale: Value;
  readonly bias: Value;
  readonly epsilon: number;
  /** [C] each: what a frozen normalisation takes in place of the batch's own. */
  readonly fixed?: { readonly mean: Value; readonly variance: Value };
}

export interface TiledNormalization {
  readonly output: Tiled;
  /** [C] */
  readonly mean: Value;
  /** [C], biased. */
  readonly variance: Value;
  /** @param gradient of the output, before the residual and behind the ReLU */
  back(gradient: Value): NormalizationGradients;
}

export interface NormalizationGradients {
  scale(): Value;
  bias(): Value;
  /** The gradient of x over {@link factor}: whatever follows can multiply by it as it reads. */
  readonly unscaled: Value;
  /** [C, 1, 1, 1] */
  readonly factor: Value;
}

/** The sum over each channel of x [N / B, C, H, W B], [C]. Row by row first, so that rounding stays small. */
export function channelSums({ nchwc }: Tiles, x: Value): Value {
  const [sets, channels, height, across] = numbersOf(x) as [number, number, number, number];
  const { math, block } = nchwc;
  const means = nchwc.pool('AveragePool', x, [1, across]);
  return math.mul(sumOfRows(nchwc.view(means, [sets, channels / block, height, block])), across);

  function sumOfRows(rows: Value): Value {
    return nchwc.view(math.sum(math.sum(rows, [2]), [0]), [channels]);
  }
}

/** The sum of a b over each channel, [C]: a row is the kernel of the other one. */
export function channelProducts({ nchwc }: Tiles, a: Value, b: Value): Value {
  const [sets, channels, height, across] = numbersOf(a) as [number, number, number, number];
  const { math, block } = nchwc;
  const rows = sets * channels * height;
  const products = nchwc.conv(nchwc.view(a, [1, rows, 1, across]), nchwc.view(b, [rows, 1, 1, across]), {
    kernel: [1, across],
    group: rows,
  });
  const sums = math.sum(math.sum(nchwc.view(products, [sets, channels / block, height, block]), [2]), [0]);
  return nchwc.view(sums, [channels]);
}

/**
 * scale (x - mean) / sqrt(variance + epsilon) + bias + residual, and its ReLU (Ioffe and Szegedy 2015, algorithm 1).
 *
 * Squares are summed of the distance from the mean of the first B images: it lies within sqrt(N / B) standard deviations of
 * the batch's own mean, so that at most a factor of 1 + N / B of accuracy is lost where the mean is large, in place of (mean / deviation)^2.
 */
export function normalizeTiles(
  tiles: Tiles,
  x: Tiled,
  { scale, bias, epsilon }: NormalizationParameters,
  { residual, relu }: { readonly residual?: Value | undefined; readonly relu: boolean },
): TiledNormalization {
  const { nchwc } = tiles;
  const { math } = nchwc;
  const whole = nchwc.whole(x.channels);
  const vector = (value: Value) =>
    whole === x.channels ? value : math.graph.op('Pad', [value, math.integers([0, whole - x.channels])]);
  const kernel = (value: Value) => math.reshape(value, [whole, 1, 1, 1]);
  const known = (value: Value) =>
    whole === x.channels ? value : math.graph.op('Slice', [value, math.integers([0]), math.integers([x.channels])]);
  const [gamma, beta] = [vector(scale), vector(bias)];
  const count = x.images * x.height * x.width;
  const near = firstMean(tiles, x);
  const centered = tiles.scaled(x.value, 1, { offset: math.neg(near) });
  const aside = math.div(channelSums(tiles, centered), count);
  const variance = math.sub(math.div(channelProducts(tiles, centered, centered), count), math.square(aside));
  const inverse = math.div(1, math.sqrt(math.add(variance, epsilon)));
  const factor = math.mul(gamma, inverse);
  const value = tiles.scaled(centered, kernel(factor), {
    offset: math.sub(beta, math.mul(aside, factor)),
    sum: residual,
    relu,
  });
  return {
    output: tiled(value, x),
    mean: known(math.add(near, aside)),
    variance: known(variance),
    back(gradient) {
      const sums = channelSums(tiles, gradient);
      const products = math.sub(channelProducts(tiles, centered, gradient), math.mul(aside, sums));
      const slope = math.mul(products, inverse);
      // dx / factor = dy - sum(dy) / n - (x - mean) inverse^2 sum(dy (x - mean)) / n.
      const through = math.mul(math.mul(slope, inverse), -1 / count);
      const offset = math.sub(math.mul(sums, -1 / count), math.mul(through, aside));
      return {
        scale: () => known(slope),
        bias: () => known(sums),
        unscaled: tiles.scaled(centered, kernel(through), { offset, sum: gradient }),
        factor: kernel(factor),
      };
    },
  };
}

/** The same with statistics that are given: linear in x. */
export function normalizeTilesByFixed(
  tiles: Tiles,
  x: Tiled,
  { scale, bias, epsilon }: NormalizationParameters,
  { mean, variance }: { readonly mean: Value; readonly variance: Value },
  { residual, relu }: { readonly residual?: Value | undefined; readonly relu: boolean },
): TiledNormalization {
  const { nchwc } = tiles;
  const { math } = nchwc;
  const whole = nchwc.whole(x.channels);
  const vector = (value: Value) =>
    whole === x.channels ? value : math.graph.op('Pad', [value, math.integers([0, whole - x.channels])]);
  const known = (value: Value) =>
    whole === x.channels ? value : math.graph.op('Slice', [value, math.integers([0]), math.integers([x.channels])]);
  const inverse = math.div(1, math.sqrt(math.add(variance, epsilon)));
  const slope = math.mul(scale, inverse);
  const factor = math.reshape(vector(slope), [whole, 1, 1, 1]);
  const offset = vector(math.sub(bias, math.mul(mean, slope)));
  const value = tiles.scaled(x.value, factor, { offset, sum: residual, relu });
  return {
    output: tiled(value, x),
    mean,
    variance,
    back(gradient) {
      const centered = once(() => tiles.scaled(x.value, 1, { offset: vector(math.neg(mean)) }));
      return {
        scale: () => math.mul(known(channelProducts(tiles, centered(), gradient)), inverse),
        bias: () => known(channelSums(tiles, gradient)),
        unscaled: gradient,
        factor,
      };
    },
  };
}

/** The mean over each channel of the first B images, [C]. */
function firstMean(tiles: Tiles, x: Tiled): Value {
  const { math } = tiles.nchwc;
  const [zero, one] = [math.integers([0]), math.integers([1])];
  const first = x.images === tiles.nchwc.block ? x.value : math.graph.op('Slice', [x.value, zero, one, zero]);
  return math.div(channelSums(tiles, first), tiles.nchwc.block * x.height * x.width);
}
