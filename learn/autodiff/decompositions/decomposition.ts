/** What a decomposition is: an operator's outputs written in operators that have derivatives. */

import type { Attributes } from '../../onnx/attributes.js';
import type { Arithmetic, Value } from '../../onnx/index.js';

/** One use of an operator, as its decomposition sees it. */
export interface DecompositionCall {
  /** Writes the nodes. */
  readonly math: Arithmetic;
  readonly attributes: Attributes;
  readonly inputs: readonly (Value | undefined)[];
  /** For each output whether somebody reads it; others need not be written. */
  readonly wanted: readonly boolean[];
  /** The input at that place. @throws OnnxError when it is left out */
  input(index: number): Value;
  /** @throws OnnxError with the node's name and operator */
  fail(reason: string): never;
}

/** The outputs of the operator, in its order. */
export type Decomposition = (call: DecompositionCall) => readonly (Value | undefined)[];

export type DecompositionTable = Readonly<Record<string, Decomposition>>;
