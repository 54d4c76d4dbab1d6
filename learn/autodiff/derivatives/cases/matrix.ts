/** Cases of the matrix rows. */
import { type Attributes, type Case, cube, matrix, of } from './case.js';

const gemm = (
  what: string,
  a: readonly number[],
  b: readonly number[],
  c: readonly number[] | undefined,
  attributes: Attributes,
) => of('Gemm', [{ shape: a }, { shape: b }, ...(c ? [{ shape: c }] : [])], attributes, what);

export const MATRIX_CASES: readonly Case[] = [
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
  of('Trilu', [cube], {}, 'the upper triangle'),
  of('Trilu', [{ shape: [3, 3] }], { upper: 0 }, 'the lower triangle'),
  ...[-1, 1].map(
    (k): Case => ({
      operator: 'Trilu',
      what: `from diagonal ${k} on`,
      inputs: [{ shape: [3, 4] }],
      build: (graph, [x], math) => graph.op('Trilu', [x, math.scalar(k, 'int64')]),
    }),
  ),
  {
    ...of('Hardmax', [matrix], { axis: 1 }),
    primitives(_, [x], math) {
      return math.cast(math.equal(x!, math.maximum(x!, [1], true)), x!.dtype);
    },
  },
  of('EyeLike', [matrix], { k: 1 }),
  ...[0, 1, -1].flatMap((axis) => [
    of('Softmax', [cube], { axis }, `axis ${axis}`),
    of('LogSoftmax', [cube], { axis }, `axis ${axis}`),
  ]),
];
