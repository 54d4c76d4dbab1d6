/** The inference table: every operator whose output types the builder knows. */
import { ELEMENTWISE } from './elementwise.js';
import { INDEXING } from './indexing.js';
import { MATRIX } from './matrix.js';
import { MOVEMENT } from './movement.js';
import type { Operator, OperatorTable } from './operator.js';
import { REDUCTION } from './reduction.js';

export const OPERATORS: OperatorTable = { ...ELEMENTWISE, ...MATRIX, ...REDUCTION, ...MOVEMENT, ...INDEXING };

/** The row of a standard operator. (Own rows only: a node may be called `constructor`.) */
export function operatorOf(type: string, domain = ''): Operator | undefined {
  if (domain !== '' && domain !== 'ai.onnx') return undefined;
  return Object.hasOwn(OPERATORS, type) ? OPERATORS[type] : undefined;
}
