/** Cases of the reductions' rows. */
import { type Case, cube, withAxes } from './case.js';

const values = (operator: string, what: string, list: readonly number[], axes?: readonly number[]): Case => ({
  operator,
  what,
  inputs: [{ shape: [3, list.length / 3], values: list }],
  build: (graph, [x], math) => graph.op(operator, [x, axes && math.integers(axes)], { keepdims: 0 }),
});

const none: Case['build'] = (graph, [x], math) => graph.op('ReduceSum', [x, math.integers([1])], { keepdims: 1 });

export const REDUCTION_CASES: readonly Case[] = [
  ...['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin'].flatMap((operator) => [
    withAxes(operator, undefined, 0, 'all axes'),
    withAxes(operator, [0, -1], 0, 'two axes'),
    withAxes(operator, [1], 1, 'one axis, kept'),
  ]),
  ...['ReduceProd', 'ReduceL1', 'ReduceL2', 'ReduceSumSquare', 'ReduceLogSumExp'].flatMap((operator) => [
    withAxes(operator, undefined, 0, 'all axes'),
    withAxes(operator, [0, -1], 0, 'two axes'),
    withAxes(operator, [1], 1, 'one axis, kept'),
  ]),
  ...([undefined, [1]] as const).map(
    (axes): Case => ({
      ...withAxes('ReduceLogSum', axes, 0, axes ? 'an axis' : 'all axes'),
      inputs: [{ ...cube, from: 0.3 }],
    }),
  ),
  values('ReduceProd', 'none, one and two zeros', [2, -3, 0.5, 0, 2, 1.5, 0, 4, 0], [1]),
  values('ReduceProd', 'one zero among all', [2, -3, 0.5, 1, 0, 1.5]),
  values('ReduceL1', 'away from zeros', [-2, 1, 3, -0.5, 1, 1], [1]),
  values('ReduceLogSumExp', 'numbers whose exponential is beyond all bounds', [800, 801, -900, -900.5, 0, 1], [1]),
  { operator: 'ReduceSum', what: 'an empty axis', inputs: [{ shape: [3, 0] }], build: none },
  { operator: 'ReduceSum', what: 'an empty batch', inputs: [{ shape: [0, 4] }], build: none },
];
