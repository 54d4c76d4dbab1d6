/** The inference table: every operator whose output types the builder knows. */
import { ATTENTION } from './attention.js';
import { CHANCE } from './chance.js';
import { CONTRIB } from './contrib.js';
import { CONVOLUTION } from './convolution.js';
import { EINSUM } from './einsum.js';
import { ELEMENTWISE } from './elementwise.js';
import { INDEXING } from './indexing.js';
import { LOSS_OPERATORS } from './loss.js';
import { MATRIX } from './matrix.js';
import { MOVEMENT } from './movement.js';
import { NORMALIZATION } from './normalization.js';
import type { Operator, OperatorTable } from './operator.js';
import { POOLING } from './pooling.js';
import { QUANTIZATION } from './quantization.js';
import { RECURRENT } from './recurrent.js';
import { REDUCTION } from './reduction.js';
import { RESIZE } from './resize.js';

export const OPERATORS: OperatorTable = {
  ...ELEMENTWISE,
  ...MATRIX,
  ...REDUCTION,
  ...MOVEMENT,
  ...INDEXING,
  ...NORMALIZATION,
  ...RECURRENT,
  ...EINSUM,
  ...ATTENTION,
  ...CONVOLUTION,
  ...POOLING,
  ...RESIZE,
  ...LOSS_OPERATORS,
  ...QUANTIZATION,
  ...CHANCE,
};

const DOMAINS: Readonly<Record<string, OperatorTable>> = {
  '': OPERATORS,
  'ai.onnx': OPERATORS,
  'com.microsoft': CONTRIB,
};

/** The row of an operator. (Own rows only: a node may be called `constructor`.) */
export function operatorOf(type: string, domain = ''): Operator | undefined {
  const table = Object.hasOwn(DOMAINS, domain) ? DOMAINS[domain]! : {};
  return Object.hasOwn(table, type) ? table[type] : undefined;
}
