/** The derivative table: operator -> gradients of its inputs as graph nodes. */
import { ACTIVATION } from './activation.js';
import { CONVOLUTION } from './convolution.js';
import type { Derivative, DerivativeTable } from './derivative.js';
import { EINSUM } from './einsum.js';
import { ELEMENTWISE } from './elementwise.js';
import { INDEXING } from './indexing.js';
import { MATRIX } from './matrix.js';
import { MOVEMENT } from './movement.js';
import { NORMALIZATION } from './normalization.js';
import { POOLING } from './pooling.js';
import { REDUCTION } from './reduction.js';
import { RESIZE } from './resize.js';

/** The derivative of every operator that has one, by the name of the operator in ONNX. */
export const DERIVATIVES: DerivativeTable = {
  ...ELEMENTWISE,
  ...ACTIVATION,
  ...MATRIX,
  ...EINSUM,
  ...REDUCTION,
  ...MOVEMENT,
  ...INDEXING,
  ...NORMALIZATION,
  ...CONVOLUTION,
  ...POOLING,
  ...RESIZE,
};

export function derivativeOf(type: string, domain: string): Derivative | undefined {
  if (domain !== '' && domain !== 'ai.onnx') return undefined;
  return Object.hasOwn(DERIVATIVES, type) ? DERIVATIVES[type] : undefined;
}
