/** Nodes that give out what is there already, or what one node less would give. */
import type { Arithmetic } from '../arithmetic.js';
import type { GraphNode } from '../builder.js';
import { sameShape } from '../shape.js';
import type { Value } from '../value.js';
import type { Extents } from './extents.js';

/** One node with one output, as a rule sees it. */
export interface RuleCall {
  readonly math: Arithmetic;
  readonly extents: Extents;
  readonly node: GraphNode;
  /** In the new graph. */
  readonly inputs: readonly (Value | undefined)[];
  /** Type and shape of what the node gives out. */
  readonly output: Value;
  /** What made a value of the new graph, where that may be looked through. */
  producerOf(value: Value): GraphNode | undefined;
}

/** @returns the value in the place of the node's output, to the bit; `undefined` where the node is needed */
export type Rule = (call: RuleCall) => Value | undefined;

/** The operand that is left as it is by an operator whose other operand is neutral. Zeros added are not: -0 + 0 is 0. */
function neutral(call: RuleCall, place: 0 | 1, number: number): Value | undefined {
  const [operand, other] = [call.inputs[1 - place], call.inputs[place]];
  if (!operand || !other || !sameShape(operand.shape, call.output.shape)) return undefined;
  const { constant } = other;
  if (!constant || constant.dtype === 'float16') return undefined;
  const all = Array.from(constant.data, Number).every((value) => Object.is(value, number));
  return all ? operand : undefined;
}

/** Operators that give the same elements in the same order another shape. */
const VIEWS: ReadonlySet<string> = new Set(['Flatten', 'Reshape', 'Squeeze', 'Unsqueeze']);

const view: Rule = ({ inputs: [input], output, math, extents, producerOf }) => {
  if (!input) return undefined;
  if (sameShape(input.shape, output.shape)) return input;
  let origin = input;
  for (let made = producerOf(origin); made && made.domain === '' && VIEWS.has(made.type); made = producerOf(origin)) {
    origin = made.inputs[0]!;
    if (sameShape(origin.shape, output.shape)) return origin;
  }
  if (origin === input) return undefined;
  const shape = extents.list(output.shape);
  return shape && math.graph.op('Reshape', [origin, shape], { allowzero: 1 });
};

const transpose: Rule = ({ node, inputs: [input], math, producerOf }) => {
  if (!input) return undefined;
  const order = orderOf(node, input.shape.length);
  const made = producerOf(input);
  const twice = made?.type === 'Transpose' && made.domain === '' ? made : undefined;
  if (!twice) return isInOrder(order) ? input : undefined;
  const first = orderOf(twice, order.length);
  return math.transpose(
    twice.inputs[0]!,
    order.map((axis) => first[axis]!),
  );
};

function orderOf({ attributes }: GraphNode, rank: number): readonly number[] {
  return attributes.numbers('perm') ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
}

function isInOrder(order: readonly number[]): boolean {
  return order.every((axis, index) => axis === index);
}

export const RULES: Readonly<Record<string, Rule>> = {
  Identity: ({ inputs: [input] }) => input,
  Cast: ({ inputs: [input], output }) => (input?.dtype === output.dtype ? input : undefined),
  Mul: (call) => neutral(call, 1, 1) ?? neutral(call, 0, 1),
  Div: (call) => neutral(call, 1, 1),
  Sub: (call) => neutral(call, 1, 0),
  Expand: ({ inputs: [input], output }) => (input && sameShape(input.shape, output.shape) ? input : undefined),
  Reshape: view,
  Squeeze: view,
  Unsqueeze: view,
  Flatten: view,
  Transpose: transpose,
};
