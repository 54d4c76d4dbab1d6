/** Derivatives of arithmetic and of elementary functions. `y` is the output, `dy` its gradient. */
import type { Value } from '../../onnx/index.js';
import { isFloat } from '../../onnx/index.js';
import { knownNumber } from '../../onnx/value.js';
import { constant, type Derivative, type DerivativeCall, type DerivativeTable, each, single } from './derivative.js';

/** Where several inputs are the extreme one, they share the gradient equally. */
const extreme: Derivative = ({ node, math, gradient: dy, output: y, input }) => {
  const isExtreme = (index: number): Value => math.cast(math.equal(input(index), y), y.dtype);
  return node.inputs.map((_, index) => () => {
    const ties = node.inputs.map((__, other) => isExtreme(other)).reduce((sum, mask) => math.add(sum, mask));
    return math.div(math.mul(dy, isExtreme(index)), ties);
  });
};

function powerBase({ math, gradient: dy, input }: DerivativeCall): Value {
  const base = input(0);
  const known = knownNumber(input(1));
  if (known === 1) return dy;
  if (known === 2) return math.mul(dy, math.mul(base, 2));
  const exponent = math.cast(input(1), base.dtype);
  const slope = math.mul(exponent, math.pow(base, math.sub(exponent, 1)));
  // x^0 is 1 everywhere: 0 * 0^-1 would give NaN at x = 0.
  return math.mul(dy, math.where(math.equal(exponent, 0), 0, slope));
}

function powerExponent({ math, gradient: dy, output: y, input }: DerivativeCall): Value {
  const [base, exponent] = [input(0), input(1)];
  const slope = math.where(math.greater(base, 0), math.mul(y, math.log(base)), 0);
  return math.cast(math.mul(dy, slope), exponent.dtype);
}

/** fmod(a, b) = a - q b with a whole q, which is constant but where it jumps. */
const mod: Derivative = ({ math, gradient: dy, output: y, input }) => [
  () => dy,
  () => {
    const whole = math.graph.op('Round', [math.div(math.sub(input(0), y), input(1))]);
    return math.neg(math.mul(dy, whole));
  },
];

/** (1 - x)(1 + x) keeps the digits that 1 - x^2 loses near 1. */
function oneMinusSquare({ math }: DerivativeCall, x: Value): Value {
  return math.mul(math.sub(1, x), math.add(x, 1));
}

/** Inside the limits, the limits included, the gradient passes to x; outside, to the limit. */
const clip: Derivative = ({ node, math, gradient: dy, input }) => {
  const x = input(0);
  const [, low, high] = node.inputs;
  const below = low && (() => math.less(x, low));
  const above = high && (() => math.greater(x, high));
  return [
    () => {
      const passed = below ? math.where(below(), 0, dy) : dy;
      return above ? math.where(above(), 0, passed) : passed;
    },
    below && (() => math.where(above ? math.and(below(), math.not(above())) : below(), dy, 0)),
    above && (() => math.where(above(), dy, 0)),
  ];
};

export const ELEMENTWISE: DerivativeTable = {
  Add: ({ gradient: dy }) => [() => dy, () => dy],
  Sub: ({ math, gradient: dy }) => [() => dy, () => math.neg(dy)],
  Mul: ({ math, gradient: dy, input }) => [() => math.mul(dy, input(1)), () => math.mul(dy, input(0))],
  Div: ({ math, gradient: dy, output: y, input }) => [
    () => math.div(dy, input(1)),
    () => math.neg(math.div(math.mul(dy, y), input(1))),
  ],
  Sum: each(({ gradient: dy }) => dy),
  Mean: each(({ node, math, gradient: dy }) => math.div(dy, node.inputs.length)),
  Mod: mod,
  Max: extreme,
  Min: extreme,
  Pow: (call) => [() => powerBase(call), isFloat(call.input(1).dtype) ? () => powerExponent(call) : undefined],
  Where: ({ math, gradient: dy, input }) => [
    undefined,
    () => math.where(input(0), dy, 0),
    () => math.where(input(0), 0, dy),
  ],
  Clip: clip,
  Identity: single(({ gradient: dy }) => dy),
  Cast: single(({ math, gradient: dy }, x) => math.cast(dy, x.dtype)),
  CastLike: single(({ math, gradient: dy }, x) => math.cast(dy, x.dtype)),
  Neg: single(({ math, gradient: dy }) => math.neg(dy)),
  // The subgradient 0 at x = 0, as PyTorch takes it.
  Abs: single(({ math, gradient: dy }, x) => math.mul(dy, math.sign(x))),
  Exp: single(({ math, gradient: dy, output: y }) => math.mul(dy, y)),
  Log: single(({ math, gradient: dy }, x) => math.div(dy, x)),
  Sqrt: single(({ math, gradient: dy, output: y }) => math.div(dy, math.mul(y, 2))),
  Reciprocal: single(({ math, gradient: dy, output: y }) => math.neg(math.mul(dy, math.square(y)))),
  Sin: single(({ math, gradient: dy }, x) => math.mul(dy, math.graph.op('Cos', [x]))),
  Cos: single(({ math, gradient: dy }, x) => math.neg(math.mul(dy, math.graph.op('Sin', [x])))),
  Tan: single(({ math, gradient: dy, output: y }) => math.mul(dy, math.add(math.square(y), 1))),
  Asin: single((call, x) => call.math.div(call.gradient, call.math.sqrt(oneMinusSquare(call, x)))),
  Acos: single((call, x) => call.math.neg(call.math.div(call.gradient, call.math.sqrt(oneMinusSquare(call, x))))),
  Atan: single(({ math, gradient: dy }, x) => math.div(dy, math.add(math.square(x), 1))),
  Sinh: single(({ math, gradient: dy }, x) => math.mul(dy, math.graph.op('Cosh', [x]))),
  Cosh: single(({ math, gradient: dy }, x) => math.mul(dy, math.graph.op('Sinh', [x]))),
  Asinh: single(({ math, gradient: dy }, x) => math.div(dy, math.sqrt(math.add(math.square(x), 1)))),
  Acosh: single(({ math, gradient: dy }, x) => math.div(dy, math.sqrt(math.mul(math.sub(x, 1), math.add(x, 1))))),
  Atanh: single((call, x) => call.math.div(call.gradient, oneMinusSquare(call, x))),
  Sign: constant,
  Floor: constant,
  Ceil: constant,
  Round: constant,
};
