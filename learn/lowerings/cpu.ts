/** What runs fastest on ONNX Runtime's CPU provider, by measurement. */
import { batchNormalizationOperator } from './batch-normalization.js';
import { flippedConvolution } from './convolution/flipped.js';
import { interleavedConvolution } from './convolution/interleaved.js';
import type { Lowerings } from './lowerings.js';
import { maxPoolByBlocks, windowSumByBlocks } from './pooling/blocks.js';
import { maxPoolByPhases } from './pooling/max-by-phases.js';
import { blockSumByConvolution } from './pooling/window-sum.js';
import { PORTABLE } from './portable.js';
import { reluGradientByMask } from './relu.js';
import { sumOfRowsByProduct } from './sum-of-rows.js';

export const CPU: Lowerings = {
  ...PORTABLE,
  convolutionWeightGradient: (math, x, gradient, window) =>
    interleavedConvolution(math, x, gradient, window) ?? PORTABLE.convolutionWeightGradient(math, x, gradient, window),
  convolutionInputGradient: (math, x, weight, gradient, window) =>
    flippedConvolution(math, x, weight, gradient, window) ??
    PORTABLE.convolutionInputGradient(math, x, weight, gradient, window),
  maxPoolGradient: (math, x, y, gradient, window) =>
    maxPoolByBlocks(math, x, y, gradient, window) ??
    maxPoolByPhases(math, x, y, gradient, window) ??
    PORTABLE.maxPoolGradient(math, x, y, gradient, window),
  windowSumGradient: (math, x, gradient, window) =>
    windowSumByBlocks(math, x, gradient, window) ?? PORTABLE.windowSumGradient(math, x, gradient, window),
  // A third of AveragePool's time.
  blockSum: blockSumByConvolution,
  reluGradient: reluGradientByMask,
  sumOfRows: sumOfRowsByProduct,
  batchNormalization: batchNormalizationOperator,
};
