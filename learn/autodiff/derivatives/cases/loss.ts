/** Cases of the losses that are operators. */
import { int64 } from '../../../onnx/fixtures/run-model.js';
import { type Case, cube, matrix } from './case.js';
import { decomposed } from './decomposed.js';

export const LOSS_CASES: readonly Case[] = [
  decomposed('mean', { operator: 'SoftmaxCrossEntropyLoss' }, [matrix], [int64([3], [0, 3, 1])]),
  decomposed(
    'weighted, some ignored, pixel by pixel',
    {
      operator: 'SoftmaxCrossEntropyLoss',
      attributes: { ignore_index: -1 },
      wiring: [0, 2, 1],
      outputs: [true, true],
    },
    [cube, { shape: [2], from: 0.5 }],
    [int64([3, 4], [0, 1, -1, 1, 0, 0, 1, -1, -1, 1, 1, 0])],
  ),
  decomposed(
    'weighted sum',
    { operator: 'NegativeLogLikelihoodLoss', attributes: { reduction: 'sum' }, wiring: [0, 2, 1] },
    [matrix, { shape: [4] }],
    [int64([3], [0, 3, 1])],
  ),
];
