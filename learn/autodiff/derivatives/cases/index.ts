/** The cases of the finite-difference test: at least one for every row of the derivative table. */
import { ACTIVATION_CASES } from './activation.js';
import { ATTENTION_CASES } from './attention.js';
import type { Case } from './case.js';
import { CONTRIB_CASES } from './contrib.js';
import { CONVOLUTION_CASES } from './convolution.js';
import { EINSUM_CASES } from './einsum.js';
import { ELEMENTWISE_CASES } from './elementwise.js';
import { INDEXING_CASES } from './indexing.js';
import { LOSS_CASES } from './loss.js';
import { MATRIX_CASES } from './matrix.js';
import { MOVEMENT_CASES } from './movement.js';
import { NORMALIZATION_CASES } from './normalization.js';
import { POOLING_CASES } from './pooling.js';
import { RECURRENT_CASES } from './recurrent.js';
import { REDUCTION_CASES } from './reduction.js';
import { RESIZE_CASES } from './resize.js';

export const CASES: readonly Case[] = [
  ...ELEMENTWISE_CASES,
  ...ACTIVATION_CASES,
  ...MATRIX_CASES,
  ...EINSUM_CASES,
  ...RECURRENT_CASES,
  ...ATTENTION_CASES,
  ...CONTRIB_CASES,
  ...LOSS_CASES,
  ...REDUCTION_CASES,
  ...MOVEMENT_CASES,
  ...CONVOLUTION_CASES,
  ...POOLING_CASES,
  ...RESIZE_CASES,
  ...INDEXING_CASES,
  ...NORMALIZATION_CASES,
];
