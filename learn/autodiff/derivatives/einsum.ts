/** The derivative of Einsum. */
import type { Arithmetic, Value } from '../../onnx/index.js';
import { parseEinsum } from '../../onnx/operators/einsum.js';
import { sameShape } from '../../onnx/shape.js';
import { positionsAlong } from '../positions.js';
import type { DerivativeTable } from './derivative.js';

/** The letters in their order, each once. */
function distinct(letters: string): string {
  return [...new Set(letters)].join('');
}

export const EINSUM: DerivativeTable = {
  /**
   * y is linear in each operand, so its gradient is the same sum of products with that operand and the output's gradient
   * in exchanged places. An axis that only this operand has was summed: its gradient is repeated along it.
   */
  Einsum({ node, math, gradient: dy, input, fail }) {
    const values = node.inputs.map((_, index) => input(index));
    const { operands, output } = parseEinsum(node.attributes.text('equation'), values, fail);
    return values.map((x, index) => () => {
      const own = distinct(operands[index]!);
      const others = operands.flatMap((term, place) => (place === index ? [] : [{ term, value: values[place]! }]));
      const elsewhere = output + others.map(({ term }) => term).join('');
      const shared = [...own].filter((letter) => elsewhere.includes(letter)).join('');
      const product = exchanged(math, [{ term: output, value: dy }, ...others], shared);
      const alone = [...own].flatMap((letter, axis) => (shared.includes(letter) ? [] : [axis]));
      return ontoDiagonal(math, math.unsqueeze(product, alone), operands[index]!, x);
    });
  },
};

interface Operand {
  readonly term: string;
  readonly value: Value;
}

function exchanged(math: Arithmetic, operands: readonly Operand[], output: string): Value {
  const [only, ...more] = operands;
  // Alone, the output's letters are all among the operand's: only their order may differ.
  if (more.length === 0)
    return math.transpose(
      only!.value,
      [...output].map((letter) => only!.term.indexOf(letter)),
    );
  const equation = `${operands.map(({ term }) => term).join(',')}->${output}`;
  return math.graph.op(
    'Einsum',
    operands.map(({ value }) => value),
    { equation },
  );
}

/** `gradient` has an axis for each letter of `term`; the axes of `x` may name a letter several times. */
function ontoDiagonal(math: Arithmetic, gradient: Value, term: string, x: Value): Value {
  const doubled = [...term].flatMap((letter, axis) => (term.indexOf(letter) === axis ? [] : [axis]));
  const full = repeatedTo(math, math.unsqueeze(gradient, doubled), x);
  if (doubled.length === 0) return full;
  const masks = doubled.map((axis) =>
    math.equal(positions(math, x, term.indexOf(term[axis]!)), positions(math, x, axis)),
  );
  return math.where(
    masks.reduce((a, b) => math.and(a, b)),
    full,
    0,
  );
}

/** The places along one axis of `x`, with its rank. */
function positions(math: Arithmetic, x: Value, axis: number): Value {
  const others = [...x.shape.keys()].filter((other) => other !== axis);
  return math.unsqueeze(positionsAlong(math, x, axis), others);
}

/** Where `x` has one element and the equation repeats it, the result stays longer: the walk sums it. */
function repeatedTo(math: Arithmetic, gradient: Value, x: Value): Value {
  return sameShape(gradient.shape, x.shape) ? gradient : math.graph.op('Expand', [gradient, math.shapeOf(x)]);
}
