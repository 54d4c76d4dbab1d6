/** Cases of the rows that pick elements, or put some into others. */

import { bool, int64 } from '../../../onnx/fixtures/run-model.js';
import type { Value } from '../../../onnx/index.js';
import { type Attributes, type Case, cube, type Input, matrix } from './case.js';

const gather = (what: string, shape: readonly number[], indices: readonly number[], attributes?: Attributes): Case => ({
  operator: 'Gather',
  what,
  inputs: [cube],
  constants: [int64(shape, indices)],
  build: (graph, [x, at]) => graph.op('Gather', [x, at], attributes),
});

/** Indices that stand in the graph, which the row looks at. */
const gatherKnown = (what: string, shape: readonly number[], indices: readonly number[], axis: number): Case => ({
  operator: 'Gather',
  what: `${what}, known`,
  inputs: [cube],
  build: (graph, [x]) => graph.op('Gather', [x, graph.constant(int64(shape, indices))], { axis }),
});

const gatherND = (what: string, shape: readonly number[], indices: readonly number[], batch_dims = 0): Case => ({
  operator: 'GatherND',
  what,
  inputs: [cube],
  constants: [int64(shape, indices)],
  build: (graph, [x, at]) => graph.op('GatherND', [x, at], { batch_dims }),
});

const slice = (what: string, starts: number[], ends: number[], axes: number[], steps?: number[]): Case => ({
  operator: 'Slice',
  what,
  inputs: [cube],
  build: (graph, [x], math) =>
    graph.op(
      'Slice',
      [x, starts, ends, axes, steps].map((list) => (Array.isArray(list) ? math.integers(list) : list)),
    ),
});

interface Scattering {
  readonly data: Input;
  readonly updates: Input;
  readonly indices: ReturnType<typeof int64>;
}

const scatter = (
  operator: string,
  what: string,
  reduction: string,
  { data, updates, indices }: Scattering,
  attributes?: Attributes,
): Case => ({
  operator,
  what: `${reduction}, ${what}`,
  inputs: [data, updates],
  constants: [indices],
  build: (graph, [x, values, at]) => graph.op(operator, [x, at, values], { reduction, ...attributes }),
});

const apart: Scattering = {
  data: matrix,
  updates: { shape: [2, 4] },
  indices: int64([2, 4], [0, 1, 2, -1, 1, 2, 0, 0]),
};
/** Two updates for one place, and a place that comes from the end. */
const twice: Scattering = { ...apart, indices: int64([2, 4], [0, 1, 2, -1, 0, 2, 0, -1]) };
const rows: Scattering = { data: cube, updates: { shape: [2, 4] }, indices: int64([2, 2], [0, 1, -1, 0]) };
const rowsTwice: Scattering = { ...rows, indices: int64([2, 2], [2, 1, -1, 1]) };
const wholeTwice: Scattering = { data: matrix, updates: { shape: [3, 4] }, indices: int64([3, 1], [2, 0, 2]) };
const withZeros = (scattering: Scattering): Scattering => ({
  ...scattering,
  updates: { shape: [2, 4], values: [0, 1.5, 0, 0.5, -2, 0, 0.7, 0] },
});

export const INDEXING_CASES: readonly Case[] = [
  ...[0, 1, 2, -1].map((axis) => gather(`axis ${axis}, indices that repeat`, [2, 2], [1, 0, -1, 1], { axis })),
  gather('one index', [], [1], { axis: 1 }),
  gather('no index at all', [0], [], { axis: 1 }),
  gatherKnown('one index', [], [1], 0),
  gatherKnown('one index, from the end', [], [-1], 2),
  gatherKnown('a list of one index', [1], [-2], 1),
  gatherKnown('indices that repeat', [3], [1, 0, 1], 1),
  ...[
    { what: 'axis 1', axis: 1, indices: int64([3, 2], [0, 0, 3, 1, 2, 2]) },
    { what: 'axis 0, from the end, fewer rows', axis: 0, indices: int64([2, 2], [-1, 0, 2, -3]) },
  ].map(
    ({ what, axis, indices }): Case => ({
      operator: 'GatherElements',
      what,
      inputs: [matrix],
      constants: [indices],
      build: (graph, [x, at]) => graph.op('GatherElements', [x, at], { axis }),
    }),
  ),
  gatherND('tuples of one', [2, 1], [1, -1]),
  gatherND('tuples that repeat', [3, 2], [0, 1, -1, 0, 0, -1]),
  gatherND('elements', [2, 2, 3], [0, 1, 3, 2, 1, 0, 0, 1, 3, 1, 1, -1]),
  gatherND('within a batch', [3, 2, 1], [1, 0, 0, 0, -1, 1], 1),
  {
    operator: 'Compress',
    what: 'an axis',
    inputs: [cube],
    constants: [bool([3], [true, false, true])],
    build: (graph, [x, condition]) => graph.op('Compress', [x, condition], { axis: -1 }),
  },
  {
    operator: 'Compress',
    what: 'all elements',
    inputs: [matrix],
    constants: [bool([5], [false, true, true, false, true])],
    build: (graph, [x, condition]) => graph.op('Compress', [x, condition]),
  },
  ...['none', 'add', 'mul', 'max', 'min'].flatMap((reduction) => [
    scatter('ScatterElements', 'places apart', reduction, apart),
    scatter('ScatterND', 'rows apart', reduction, rows),
  ]),
  ...['add', 'mul', 'max', 'min'].flatMap((reduction) => [
    scatter('ScatterElements', 'a place twice', reduction, twice),
    scatter('ScatterND', 'a row twice', reduction, rowsTwice),
    scatter('ScatterND', 'a whole row twice', reduction, wholeTwice),
  ]),
  scatter(
    'ScatterElements',
    'along the last axis',
    'add',
    { ...apart, updates: { shape: [3, 2] }, indices: int64([3, 2], [0, 3, 1, 1, 2, -1]) },
    { axis: 1 },
  ),
  scatter('ScatterElements', 'with zeros', 'mul', withZeros(twice)),
  scatter('ScatterND', 'with zeros', 'mul', withZeros(rowsTwice)),
  {
    operator: 'OneHot',
    inputs: [{ shape: [2] }],
    constants: [int64([3, 2], [0, 2, -1, 1, 1, 5])],
    build: (graph, [values, indices], math) => graph.op('OneHot', [indices, math.integers([4]), values], { axis: 1 }),
    primitives(_, [values, indices], math) {
      const columns = math.unsqueeze(math.integers([0, 1, 2, 3]), [1]);
      const fromFront = math.where(math.less(indices!, 0), math.add(indices!, 4), indices!);
      const [off, on] = [0, 1].map((place) => math.graph.op('Gather', [values, math.scalar(place, 'int64')]));
      return math.where(math.equal(math.unsqueeze(fromFront, [1]), columns), on!, off!);
    },
  },
  ...[
    { what: 'the largest', attributes: {} },
    { what: 'the smallest of another axis', attributes: { axis: 1, largest: 0 } },
  ].map(
    ({ what, attributes }): Case => ({
      operator: 'TopK',
      what,
      inputs: [cube],
      build: (graph, [x], math) => graph.ops('TopK', [x, math.integers([2])], attributes, 2)[0]!,
    }),
  ),
  {
    operator: 'MaxUnpool',
    inputs: [{ shape: [3, 1, 2, 2] }],
    constants: [int64([3, 1, 2, 2], [1, 2, 8, 15, 16, 19, 28, 31, 37, 38, 40, 47])],
    build: (graph, [x, places]) => graph.op('MaxUnpool', [x, places], { kernel_shape: [2, 2], strides: [2, 2] }),
    primitives(graph, [x, places], math) {
      const zeros = graph.op('Expand', [math.scalar(0, x!.dtype), math.integers([48])]);
      const flat = (value: Value) => math.reshape(value, [-1]);
      return math.reshape(graph.op('ScatterElements', [zeros, flat(places!), flat(x!)]), [-1, 1, 4, 4]);
    },
  },
  {
    operator: 'ReverseSequence',
    inputs: [cube],
    constants: [int64([3], [2, 1, 2])],
    build: (graph, [x, lengths]) => graph.op('ReverseSequence', [x, lengths], { batch_axis: 0, time_axis: 1 }),
  },
  {
    operator: 'Slice',
    what: 'of axes that the run says',
    inputs: [cube],
    constants: [int64([2], [2, 1])],
    build: (graph, [x, axes], math) => graph.op('Slice', [x, math.integers([1, 0]), math.integers([3, 1]), axes]),
  },
  slice('a part of several axes', [1, 0], [3, 3], [0, 2]),
  slice('from the end', [-2, -3], [9, -1], [0, -1]),
  slice('further than there is', [-9, 1], [9, 2 ** 31], [0, 1]),
  slice('nothing', [2], [1], [2]),
  slice('with a step', [1, 0], [3, 4], [0, 2], [1, 2]),
  slice('backwards', [-1], [-100], [2], [-1]),
];
