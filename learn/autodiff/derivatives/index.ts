/** The derivative table: operator -> gradients of its inputs as graph nodes. */
import { ACTIVATION } from './activation.js';
import type { Derivative, DerivativeTable } from './derivative.js';
import { ELEMENTWISE } from './elementwise.js';
import { MATRIX } from './matrix.js';
import { MOVEMENT } from './movement.js';
import { REDUCTION } from './reduction.js';

export const DERIVATIVES: DerivativeTable = { ...ELEMENTWISE, ...ACTIVATION, ...MATRIX, ...REDUCTION, ...MOVEMENT };

export function derivativeOf(type: string, domain: string): Derivative | undefined {
  if (domain !== '' && domain !== 'ai.onnx') return undefined;
  return Object.hasOwn(DERIVATIVES, type) ? DERIVATIVES[type] : undefined;
}
