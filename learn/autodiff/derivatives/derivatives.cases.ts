/** The cases of the finite-difference test: at least one for every row of the derivative table. */

import type { Tensor } from '../../../runtime/tensor.js';
import { bool, int64 } from '../../onnx/fixtures/run-model.js';
import type { Arithmetic, GraphBuilder, Value } from '../../onnx/index.js';

export interface Input {
  readonly shape: readonly number[];
  /** Where the values lie; -2 to 2 unless told. */
  readonly from?: number;
  readonly to?: number;
  /** These values, where the case turns on them. */
  readonly values?: readonly number[];
}

export interface Case {
  readonly operator: string;
  readonly what?: string;
  readonly inputs: readonly Input[];
  build(graph: GraphBuilder, inputs: readonly Value[], math: Arithmetic): Value;
  /** For operators without a float64 kernel: the function itself, which is differentiated in place of the graph. */
  readonly reference?: (x: number) => number;
  /** Values that are not differentiated: indices and conditions. */
  readonly constants?: readonly Tensor[];
}

const matrix: Input = { shape: [3, 4] };
const cube: Input = { shape: [3, 2, 4] };
const positive: Input = { shape: [3, 4], from: 0.2, to: 3 };
/** Away from every kink and step by more than the difference's width. */
const smooth: Input = { shape: [3, 4], values: [-3.7, -2.9, -1.8, -1.3, -0.8, -0.3, 0.2, 0.7, 1.3, 1.9, 2.8, 3.6] };

type Attributes = Parameters<GraphBuilder['op']>[2];

const of = (operator: string, inputs: readonly Input[], attributes?: Attributes, what?: string): Case => ({
  operator,
  inputs,
  ...(what && { what }),
  build: (graph, values) => graph.op(operator, values, attributes),
});

const single = (operator: string, reference: (x: number) => number, attributes?: Attributes, what?: string): Case => ({
  ...of(operator, [smooth], attributes, what),
  reference,
});

const withAxes = (operator: string, axes: readonly number[] | undefined, keepdims: number, what: string): Case => ({
  operator,
  what,
  inputs: [cube],
  build: (graph, [x], math) => graph.op(operator, [x, axes && math.integers(axes)], { keepdims }),
});

const broadcasts = (operator: string, second: Input = {} as Input): Case[] => [
  of(operator, [matrix, { ...second, shape: [3, 4] }], undefined, 'equal shapes'),
  of(operator, [cube, { ...second, shape: [4] }], undefined, 'a repeated row'),
  of(operator, [{ shape: [3, 1, 4] }, { ...second, shape: [2, 1] }], undefined, 'both repeated'),
  of(operator, [matrix, { ...second, shape: [] }], undefined, 'a scalar'),
];

/** erf by its power series: exact to float64 for |x| < 4. */
export function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 120; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const geluTanh = (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
const clamp = (x: number) => Math.min(1, Math.max(0, x));
const selu = { alpha: 1.6732631921768188, gamma: 1.0507010221481323 };

const gemm = (
  what: string,
  a: readonly number[],
  b: readonly number[],
  c: readonly number[] | undefined,
  attributes: Attributes,
) => of('Gemm', [{ shape: a }, { shape: b }, ...(c ? [{ shape: c }] : [])], attributes, what);

export const CASES: readonly Case[] = [
  ...broadcasts('Add'),
  ...broadcasts('Sub'),
  ...broadcasts('Mul'),
  ...broadcasts('Div', { shape: [], from: 0.5, to: 2 }),
  of('Sum', [matrix, { shape: [4] }, { shape: [3, 1] }]),
  of('Max', [matrix, { shape: [4] }, { shape: [3, 1] }]),
  of('Min', [matrix, { shape: [4] }, matrix]),
  of('Neg', [matrix]),
  of('Abs', [smooth]),
  of('Exp', [matrix]),
  of('Log', [positive]),
  of('Sqrt', [positive]),
  of('Reciprocal', [positive]),
  of('Sin', [matrix]),
  of('Cos', [matrix]),
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
  { operator: 'Cast', inputs: [matrix], build: (graph, [x]) => graph.op('Cast', [x], { to: x!.dtype }) },
  of('Relu', [smooth]),
  of('Sigmoid', [matrix]),
  of('Tanh', [matrix]),
  single('LeakyRelu', (x) => (x > 0 ? x : 0.1 * x), { alpha: 0.1 }),
  single('Softplus', (x) => Math.log1p(Math.exp(x))),
  single('Elu', (x) => (x > 0 ? x : 0.7 * Math.expm1(x)), { alpha: 0.7 }),
  single('Selu', (x) => selu.gamma * (x > 0 ? x : selu.alpha * Math.expm1(x))),
  single('Gelu', (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)), undefined, 'exact'),
  single('Gelu', geluTanh, { approximate: 'tanh' }, 'by tanh'),
  single('Erf', erf),
  single('HardSwish', (x) => x * clamp(x / 6 + 0.5)),
  single('HardSigmoid', (x) => clamp(0.3 * x + 0.4), { alpha: 0.3, beta: 0.4 }),
  of('Dropout', [matrix], undefined, 'at inference'),
  of('MatMul', [{ shape: [3, 4] }, { shape: [4, 2] }], undefined, 'matrices'),
  of('MatMul', [{ shape: [3, 2, 4] }, { shape: [3, 4, 5] }], undefined, 'batches'),
  of('MatMul', [{ shape: [3, 1, 2, 4] }, { shape: [2, 4, 5] }], undefined, 'batches that broadcast'),
  of('MatMul', [{ shape: [3, 2, 4] }, { shape: [4, 5] }], undefined, 'one matrix for a batch'),
  of('MatMul', [{ shape: [3, 4] }, { shape: [4] }], undefined, 'a vector on the right'),
  of('MatMul', [{ shape: [3] }, { shape: [3, 2] }], undefined, 'a vector on the left'),
  of('MatMul', [{ shape: [4] }, { shape: [4] }], undefined, 'two vectors'),
  of('MatMul', [{ shape: [3, 2, 4] }, { shape: [4] }], undefined, 'a batch and a vector'),
  of('MatMul', [{ shape: [2] }, { shape: [3, 2, 4] }], undefined, 'a vector and a batch'),
  gemm('plain', [3, 4], [4, 2], undefined, {}),
  gemm('a row as C', [3, 4], [4, 2], [2], { alpha: 0.5, beta: 2 }),
  gemm('a column as C', [3, 4], [4, 2], [3, 1], { beta: 0.5 }),
  gemm('a scalar as C, B transposed', [3, 4], [2, 4], [], { transB: 1, alpha: 2 }),
  gemm('a full C, A transposed', [4, 3], [4, 2], [3, 2], { transA: 1 }),
  gemm('both transposed', [4, 3], [2, 4], [1, 2], { transA: 1, transB: 1, alpha: 3 }),
  ...[0, 1, -1].flatMap((axis) => [
    of('Softmax', [cube], { axis }, `axis ${axis}`),
    of('LogSoftmax', [cube], { axis }, `axis ${axis}`),
  ]),
  ...['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin'].flatMap((operator) => [
    withAxes(operator, undefined, 0, 'all axes'),
    withAxes(operator, [0, -1], 0, 'two axes'),
    withAxes(operator, [1], 1, 'one axis, kept'),
  ]),
  { operator: 'CumSum', inputs: [cube], build: (g, [x], m) => g.op('CumSum', [x, m.scalar(2, 'int64')]) },
  {
    operator: 'CumSum',
    what: 'exclusive, in reverse',
    inputs: [cube],
    build: (g, [x], m) => g.op('CumSum', [x, m.scalar(0, 'int64')], { exclusive: 1, reverse: 1 }),
  },
  { operator: 'Reshape', inputs: [cube], build: (_, [x], math) => math.reshape(x!, [-1, 8]) },
  of('Flatten', [cube], {}, 'from axis 1'),
  of('Flatten', [cube], { axis: 2 }, 'from axis 2'),
  of('Transpose', [cube], { perm: [1, 2, 0] }, 'an order'),
  of('Transpose', [cube], {}, 'reversed'),
  { operator: 'Squeeze', inputs: [{ shape: [3, 1, 4] }], build: (_, [x], math) => math.squeeze(x!, [1]) },
  { operator: 'Unsqueeze', inputs: [matrix], build: (_, [x], math) => math.unsqueeze(x!, [1, -1]) },
  { operator: 'Expand', inputs: [{ shape: [3, 1] }], build: (g, [x], m) => g.op('Expand', [x, m.integers([2, 1, 4])]) },
  of('Concat', [{ shape: [3, 2] }, { shape: [3, 1] }, { shape: [3, 4] }], { axis: 1 }, 'columns'),
  of('Concat', [{ shape: [3, 2] }, { shape: [2, 2] }], { axis: 0 }, 'rows'),
  {
    operator: 'Split',
    inputs: [matrix],
    build(graph, [x], math) {
      const [first, , third] = graph.ops('Split', [x, math.integers([1, 2, 1])], { axis: 1 }, 3);
      return math.mul(math.exp(first!), third!);
    },
  },
  ...[0, 1, -1].map(
    (axis): Case => ({
      operator: 'Gather',
      what: `axis ${axis}, indices that repeat`,
      inputs: [cube],
      constants: [int64([2, 2], [1, 0, -1, 1])],
      build: (graph, [x, indices]) => graph.op('Gather', [x, indices], { axis }),
    }),
  ),
  {
    operator: 'Gather',
    what: 'one index',
    inputs: [cube],
    constants: [int64([], [1])],
    build: (graph, [x, indices]) => graph.op('Gather', [x, indices], { axis: 1 }),
  },
  {
    operator: 'GatherElements',
    inputs: [matrix],
    constants: [int64([3, 2], [0, 0, 3, 1, 2, 2])],
    build: (graph, [x, indices]) => graph.op('GatherElements', [x, indices], { axis: 1 }),
  },
  {
    operator: 'Slice',
    what: 'with a step',
    inputs: [cube],
    build: (g, [x], m) =>
      g.op('Slice', [x, m.integers([1, 0]), m.integers([3, 4]), m.integers([0, 2]), m.integers([1, 2])]),
  },
  {
    operator: 'Slice',
    what: 'backwards',
    inputs: [cube],
    build: (g, [x], m) => g.op('Slice', [x, m.integers([-1]), m.integers([-100]), m.integers([2]), m.integers([-1])]),
  },
];
