/** Ways that use only operators which every provider has. */
import { batchNormalizationPrimitives } from './batch-normalization.js';
import { swappedConvolution } from './convolution/swapped.js';
import { transposedConvolution } from './convolution/transposed.js';
import { groupNormalizationPrimitives } from './group-normalization.js';
import type { Lowerings } from './lowerings.js';
import { maxPoolByPlaces } from './pooling/max-by-places.js';
import { maxPoolByTaps } from './pooling/max-by-taps.js';
import { blockSumByAverage, windowSumByConvolution } from './pooling/window-sum.js';
import { reluGradientBySelection } from './relu.js';
import { sumOfRowsByReduction } from './sum-of-rows.js';

export const PORTABLE: Lowerings = {
  convolutionWeightGradient: swappedConvolution,
  convolutionInputGradient: transposedConvolution,
  maxPoolGradient: (math, x, y, gradient, window) =>
    maxPoolByTaps(math, x, y, gradient, window) ?? maxPoolByPlaces(math, x, y, gradient, window),
  windowSumGradient: windowSumByConvolution,
  blockSum: blockSumByAverage,
  reluGradient: reluGradientBySelection,
  sumOfRows: sumOfRowsByReduction,
  batchNormalization: batchNormalizationPrimitives,
  operators: { GroupNormalization: groupNormalizationPrimitives },
};
