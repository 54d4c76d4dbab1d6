/** What the builder knows of an operator: one row of the inference table. */
import type { AttributeSpecs, Attributes } from '../attributes.js';
import { type Dim, normalAxis } from '../shape.js';
import type { Value, ValueType } from '../value.js';

/** One use of an operator, as its inference sees it. */
export interface OperatorCall {
  readonly type: string;
  readonly inputs: readonly (Value | undefined)[];
  readonly attributes: Attributes;
  /** How many outputs the node asks for. */
  readonly outputCount: number;
  /** The input at that place. @throws OnnxError when it is left out */
  input(index: number): Value;
  /** A new symbol, for an extent that only the run can tell. */
  symbol(): string;
  /** @throws OnnxError with the node's name, its operator and the types of its inputs */
  fail(reason: string): never;
}

export interface Operator {
  readonly attributes?: AttributeSpecs;
  /** The least and the largest number of inputs. */
  readonly inputs: readonly [least: number, most: number];
  /** The types of the outputs; extra ones beyond `outputCount` are ignored. */
  infer(call: OperatorCall): readonly ValueType[];
}

export type OperatorTable = Readonly<Record<string, Operator>>;

/** The axis that an attribute names, counted from the front. */
export function axisOf(call: OperatorCall, rank: number, name = 'axis'): number {
  const axis = call.attributes.number(name);
  return normalAxis(axis, rank) ?? call.fail(`axis ${axis} does not exist in rank ${rank}`);
}

/** Axes counted from the front. */
export function axesOf(call: OperatorCall, axes: readonly number[], rank: number): number[] {
  return axes.map((axis) => normalAxis(axis, rank) ?? call.fail(`axis ${axis} does not exist in rank ${rank}`));
}

/** More axes than any tensor: what claims more is hostile, and would take memory for each. */
const LARGEST_RANK = 1024;

export function unknownShape(call: OperatorCall, rank: number): Dim[] {
  if (rank > LARGEST_RANK) call.fail(`its result would have ${rank} axes`);
  return Array.from({ length: rank }, () => call.symbol());
}

/** The output has the type of the first input. */
export function sameAsFirst(call: OperatorCall): ValueType {
  const { dtype, shape } = call.input(0);
  return { dtype, shape };
}
