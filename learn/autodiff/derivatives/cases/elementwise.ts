/** Cases of the elementwise rows. */
import { bool } from '../../../onnx/fixtures/run-model.js';
import { broadcasts, type Case, matrix, of, positive, smooth } from './case.js';

/** A function without a float64 kernel, where it is defined. */
const onAxis = (operator: string, reference: (x: number) => number, from: number, to: number): Case => ({
  ...of(operator, [{ shape: [3, 4], from, to }]),
  reference,
});

export const ELEMENTWISE_CASES: readonly Case[] = [
  ...broadcasts('Add'),
  ...broadcasts('Sub'),
  ...broadcasts('Mul'),
  ...broadcasts('Div', { shape: [], from: 0.5, to: 2 }),
  of('Sum', [matrix, { shape: [4] }, { shape: [3, 1] }]),
  of('Max', [matrix, { shape: [4] }, { shape: [3, 1] }]),
  of('Min', [matrix, { shape: [4] }, matrix]),
  {
    ...of('Mean', [matrix, { shape: [4] }, { shape: [3, 1] }]),
    primitives: (_, [a, b, c], math) => math.div(math.add(math.add(a!, b!), c!), 3),
  },
  of('Mod', [smooth, { shape: [4], from: 0.45, to: 0.48 }], { fmod: 1 }),
  of('Mod', [matrix, { shape: [3, 1], values: [-0.7, 1.3, 0.9] }], { fmod: 1 }, 'a negative divisor'),
  of('Neg', [matrix]),
  of('Abs', [smooth]),
  of('Exp', [matrix]),
  of('Log', [positive]),
  of('Sqrt', [positive]),
  of('Reciprocal', [positive]),
  of('Sin', [matrix]),
  of('Cos', [matrix]),
  onAxis('Tan', Math.tan, -1.2, 1.2),
  onAxis('Asin', Math.asin, -0.95, 0.95),
  onAxis('Acos', Math.acos, -0.95, 0.95),
  onAxis('Atan', Math.atan, -3, 3),
  onAxis('Sinh', Math.sinh, -2, 2),
  onAxis('Cosh', Math.cosh, -2, 2),
  onAxis('Asinh', Math.asinh, -3, 3),
  onAxis('Acosh', Math.acosh, 1.2, 4),
  onAxis('Atanh', Math.atanh, -0.9, 0.9),
  of('Sign', [smooth]),
  of('Floor', [smooth]),
  of('Ceil', [smooth]),
  of('Round', [smooth]),
  of('Identity', [matrix]),
  of('Pow', [positive, { shape: [4], from: -1.5, to: 2.5 }], undefined, 'any exponent'),
  ...[0, 1, 2, 3, -1.5].map(
    (power): Case => ({
      operator: 'Pow',
      what: `the exponent ${power}`,
      inputs: [positive],
      build: (_, [x], math) => math.pow(x!, power),
    }),
  ),
  {
    operator: 'Pow',
    what: 'the exponent 2 of negative numbers',
    inputs: [smooth],
    build: (_, [x], math) => math.pow(x!, 2),
  },
  {
    operator: 'Where',
    inputs: [matrix, { shape: [4] }],
    constants: [bool([3, 1], [true, false, true])],
    build: (graph, [a, b, condition]) => graph.op('Where', [condition, a, b]),
  },
  of('Clip', [smooth, { shape: [], values: [-1] }, { shape: [], values: [1.5] }], undefined, 'both limits'),
  of('Clip', [smooth, { shape: [], values: [-1] }], undefined, 'one limit'),
  {
    operator: 'Clip',
    what: 'the upper limit',
    inputs: [smooth],
    build: (g, [x], m) => g.op('Clip', [x, undefined, m.scalar(1, x!.dtype)]),
  },
  of('CastLike', [matrix, { shape: [] }]),
  { operator: 'Cast', inputs: [matrix], build: (graph, [x]) => graph.op('Cast', [x], { to: x!.dtype }) },
];
