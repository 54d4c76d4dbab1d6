/** Cases of the rows that move elements. */
import { int64 } from '../../../onnx/fixtures/run-model.js';
import { type Case, cube, matrix, of } from './case.js';

const pad = (what: string, mode: string, pads: readonly number[], axes?: readonly number[]): Case => ({
  operator: 'Pad',
  what,
  inputs: [cube],
  build: (graph, [x], math) =>
    graph.op('Pad', [x, math.integers(pads), undefined, axes && math.integers(axes)], { mode }),
});

export const MOVEMENT_CASES: readonly Case[] = [
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
  of('Concat', [{ shape: [3, 0] }, { shape: [3, 2] }], { axis: 1 }, 'an empty piece'),
  {
    operator: 'Concat',
    what: 'along the last axis',
    inputs: [matrix, matrix],
    build: (graph, values, math) => math.square(graph.op('Concat', values, { axis: -1 })),
  },
  ...(['constant', 'reflect', 'edge', 'wrap'] as const).flatMap((mode) => [
    pad(`${mode}, on both sides`, mode, [0, 1, 2, 0, 1, 1]),
    pad(`${mode}, of the batch`, mode, [1, 0, 0, 1, 0, 0]),
    pad(`${mode}, cutting off`, mode, [0, 0, -1, 0, 0, 1]),
    pad(`${mode}, of two axes`, mode, [1, 2, 1, 0], [1, -1]),
  ]),
  pad('cutting off all around', 'constant', [-1, 0, -1, 0, 0, -1]),
  {
    operator: 'Pad',
    what: 'with a value',
    inputs: [matrix, { shape: [] }],
    build: (graph, [x, value], math) => graph.op('Pad', [x, math.integers([1, 0, 0, 2]), value]),
  },
  {
    operator: 'Tile',
    inputs: [cube],
    build: (graph, [x], math) => graph.op('Tile', [x, math.integers([2, 1, 3])]),
  },
  {
    operator: 'Tile',
    what: 'as often as the run says',
    inputs: [matrix],
    constants: [int64([2], [2, 3])],
    build: (graph, [x, repeats]) => graph.op('Tile', [x, repeats]),
  },
  of('DepthToSpace', [{ shape: [3, 8, 1, 2] }], { blocksize: 2 }, 'depth first'),
  of('DepthToSpace', [{ shape: [3, 8, 1, 2] }], { blocksize: 2, mode: 'CRD' }, 'columns first'),
  of('SpaceToDepth', [{ shape: [3, 2, 2, 4] }], { blocksize: 2 }),
];
