import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../runtime/tensor.js';
import { float, floats, info, int, ints, modelOf, node, text } from './fixtures/protos.js';
import { bool, float32, int64, numbers, runModel } from './fixtures/run-model.js';
import { GraphBuilder, importModel, type ModelProto, type NodeProto, toTensorProto } from './index.js';
import { CHANGES, OLDEST_OPSET } from './upgrade.js';

const x = float32(
  [3, 2, 4],
  Array.from({ length: 24 }, (_, index) => Math.sin(index)),
);
const image = float32(
  [1, 4, 3, 3],
  Array.from({ length: 36 }, (_, index) => Math.cos(index)),
);

interface Case {
  /** Operator and the set that changed it: a row of the table. */
  readonly row: string;
  readonly what?: string;
  readonly version: number;
  readonly nodes: readonly NodeProto[];
  /** Stored tensors. */
  readonly stored?: Readonly<Record<string, Tensor>>;
  readonly input?: Tensor;
  /**
   * What the model computes, where ONNX Runtime cannot tell: it runs models from set 7 on. Either in the words of the present set, or
   * as numbers.
   */
  readonly expected?: readonly NodeProto[] | readonly number[];
}

const float64x: Tensor = { dtype: 'float64', shape: [2], data: Float64Array.of(-1, 3) };
const reduce = (type: string, version = 17): Case => ({
  row: `${type}/${type === 'ReduceSum' ? 13 : 18}`,
  version,
  nodes: [node('Abs', ['x'], ['a']), node(type, ['a'], ['y'], [ints('axes', 1), int('keepdims', 0)])],
});
const spread = (type: string): Case => ({
  row: `${type}/7`,
  version: 6,
  nodes: [node(type, ['x', 'b'], ['y'], [int('broadcast', 1), int('axis', 1)])],
  stored: { b: float32([2], [0.5, -2]) },
  expected: [node('Unsqueeze', ['b', 'one'], ['c']), node(type, ['x', 'c'], ['y'])],
});
const logical = (type: string): Case => ({
  ...spread(type),
  nodes: [
    node('Greater', ['x', 'zero'], ['p'], [int('broadcast', 1)]),
    node(type, ['p', 'b'], ['y'], [int('broadcast', 1), int('axis', 1)]),
  ],
  stored: { b: bool([2], [true, false]), zero: float32([1], [0]) },
  expected: [
    node('Greater', ['x', 'zero'], ['p']),
    node('Unsqueeze', ['b', 'one'], ['c']),
    node(type, ['p', 'c'], ['y']),
  ],
});
const normalised = (type: string, axis: number): Case => ({
  row: `${type}/13`,
  what: `axis ${axis}`,
  version: 11,
  nodes: [node(type, ['x'], ['y'], [int('axis', axis)])],
});
const recurrent = (type: string, gates: number): Case => ({
  row: `${type}/7`,
  version: 6,
  nodes: [node(type, ['x', 'w', 'r'], ['y'], [int('hidden_size', 1), int('output_sequence', 1)])],
  stored: {
    w: float32([1, gates, 4], Array.from({ length: 4 * gates }, Math.sin)),
    r: float32([1, gates, 1], Array.from({ length: gates }, Math.cos)),
  },
  expected: [node(type, ['x', 'w', 'r'], ['y'], [int('hidden_size', 1)])],
});

const CASES: readonly Case[] = [
  reduce('ReduceSum', 12),
  ...['Mean', 'Max', 'Min', 'Prod', 'L1', 'L2', 'LogSum', 'LogSumExp', 'SumSquare'].map((kind) =>
    reduce(`Reduce${kind}`),
  ),
  { row: 'ReduceMax/18', what: 'over everything', version: 12, nodes: [node('ReduceMax', ['x'], ['y'])] },
  {
    row: 'ReduceMean/18',
    what: 'from the end',
    version: 13,
    nodes: [node('ReduceMean', ['x'], ['y'], [ints('axes', -1)])],
  },
  {
    row: 'Unsqueeze/13',
    version: 11,
    nodes: [node('Unsqueeze', ['x'], ['u'], [ints('axes', 0)]), node('Relu', ['u'], ['y'])],
  },
  {
    row: 'Squeeze/13',
    version: 11,
    nodes: [node('Unsqueeze', ['x'], ['u'], [ints('axes', 0)]), node('Squeeze', ['u'], ['y'], [ints('axes', 0)])],
  },
  { row: 'Clip/11', version: 10, nodes: [node('Clip', ['x'], ['y'], [float('min', -0.5), float('max', 0.25)])] },
  { row: 'Clip/11', what: 'with one limit', version: 10, nodes: [node('Clip', ['x'], ['y'], [float('max', 0.25)])] },
  {
    row: 'Clip/11',
    what: 'in float64',
    version: 10,
    input: float64x,
    nodes: [node('Clip', ['x'], ['y'], [float('max', 0.25)])],
    expected: [-1, 0.25],
  },
  {
    row: 'Reshape/5',
    version: 4,
    nodes: [node('Reshape', ['x'], ['y'], [ints('shape', 0, -1), ints('consumed_inputs', 0)])],
    expected: numbers(x),
  },
  {
    row: 'Slice/10',
    version: 9,
    nodes: [node('Slice', ['x'], ['y'], [ints('starts', 1), ints('ends', 3), ints('axes', 2)])],
  },
  {
    row: 'TopK/10',
    version: 9,
    nodes: [node('TopK', ['x'], ['y', 'places'], [int('k', 2), int('axis', 2)])],
  },
  {
    row: 'Pad/2',
    version: 1,
    nodes: [node('Pad', ['x'], ['y'], [ints('paddings', 0, 0, 1, 0, 0, 1), float('value', 5)])],
    expected: [node('Pad', ['x', 'pads', 'five'], ['y'])],
    stored: { pads: int64([6], [0, 0, 1, 0, 0, 1]), five: float32([], [5]) },
  },
  {
    row: 'Pad/11',
    version: 10,
    nodes: [node('Pad', ['x'], ['y'], [ints('pads', 0, 1, 0, 0, 0, 2), float('value', 0.5)])],
  },
  {
    row: 'Pad/11',
    what: 'by reflection',
    version: 10,
    nodes: [node('Pad', ['x'], ['y'], [ints('pads', 0, 0, 1, 0, 0, 2), text('mode', 'reflect')])],
  },
  {
    row: 'Split/13',
    version: 11,
    nodes: [node('Split', ['x'], ['y', 'rest'], [int('axis', 2), ints('split', 1, 3)])],
  },
  { row: 'Split/18', version: 13, nodes: [node('Split', ['x'], ['y', 'rest'], [int('axis', 2)])] },
  {
    row: 'Dropout/7',
    version: 6,
    nodes: [node('Dropout', ['x'], ['y'], [int('is_test', 1), float('ratio', 0.3)])],
    expected: numbers(x),
  },
  {
    row: 'Dropout/10',
    what: 'whose mask was of the data’s type',
    version: 9,
    nodes: [node('Dropout', ['x'], ['d', 'mask']), node('Add', ['d', 'mask'], ['y'])],
    expected: numbers(x).map((value) => Math.fround(value + 1)),
  },
  { row: 'Dropout/12', version: 10, nodes: [node('Dropout', ['x'], ['y'], [float('ratio', 0.3)])] },
  ...['Add', 'Sub', 'Mul', 'Div', 'Greater', 'Less'].map(spread),
  {
    ...spread('Equal'),
    nodes: [
      node('Cast', ['x'], ['k'], [int('to', 7)]),
      node('Equal', ['k', 'b'], ['y'], [int('broadcast', 1), int('axis', 1)]),
    ],
    stored: { b: int64([2], [0, 1]) },
    expected: [
      node('Cast', ['x'], ['k'], [int('to', 7)]),
      node('Unsqueeze', ['b', 'one'], ['c']),
      node('Equal', ['k', 'c'], ['y']),
    ],
  },
  {
    ...spread('Pow'),
    nodes: [node('Abs', ['x'], ['a']), node('Pow', ['a', 'b'], ['y'], [int('broadcast', 1), int('axis', 1)])],
    expected: [node('Abs', ['x'], ['a']), node('Unsqueeze', ['b', 'one'], ['c']), node('Pow', ['a', 'c'], ['y'])],
  },
  {
    ...spread('Add'),
    what: 'from the end',
    nodes: [node('Add', ['x', 'b'], ['y'], [int('broadcast', 1), int('axis', -2)])],
  },
  {
    row: 'Add/7',
    what: 'along the last axes',
    version: 6,
    nodes: [node('Add', ['x', 'b'], ['y'], [int('broadcast', 1), int('axis', 2)])],
    stored: { b: float32([4], [1, 2, 3, 4]) },
    expected: [node('Add', ['x', 'b'], ['y'])],
  },
  ...['And', 'Or', 'Xor'].map(logical),
  {
    row: 'Gemm/7',
    version: 6,
    nodes: [
      node('Flatten', ['x'], ['f'], [int('axis', 2)]),
      node('Gemm', ['f', 'w', 'b'], ['y'], [int('broadcast', 1), int('transB', 1)]),
    ],
    stored: { w: float32([2, 4], [1, 2, 3, 4, 5, 6, 7, 8]), b: float32([2], [1, 2]) },
    expected: [
      node('Flatten', ['x'], ['f'], [int('axis', 2)]),
      node('Gemm', ['f', 'w', 'b'], ['y'], [int('transB', 1)]),
    ],
  },
  {
    row: 'PRelu/7',
    version: 6,
    nodes: [node('PRelu', ['x', 'b'], ['y'])],
    stored: { b: float32([2], [0.5, -2]) },
    expected: [node('Unsqueeze', ['b', 'one'], ['c']), node('PRelu', ['x', 'c'], ['y'])],
  },
  ...[0, 1, 2, -1].flatMap((axis) => ['Softmax', 'LogSoftmax', 'Hardmax'].map((type) => normalised(type, axis))),
  { row: 'Softmax/13', what: 'by default', version: 11, nodes: [node('Softmax', ['x'], ['y'])] },
  {
    row: 'BatchNormalization/9',
    version: 7,
    input: image,
    nodes: [node('BatchNormalization', ['x', 's', 'b', 'm', 'v'], ['y'], [int('spatial', 1), float('epsilon', 1e-3)])],
    stored: {
      s: float32([4], [1, 2, 3, 4]),
      b: float32([4], [4, 3, 2, 1]),
      m: float32([4], [0.1, 0.2, 0.3, 0.4]),
      v: float32([4], [1, 2, 3, 4]),
    },
  },
  {
    row: 'BatchNormalization/14',
    what: 'that gives statistics out',
    version: 13,
    input: image,
    nodes: [
      node('BatchNormalization', ['x', 's', 'b', 'm', 'v'], ['normal', 'mean', 'var']),
      node('Add', ['mean', 'var'], ['y']),
    ],
    stored: {
      s: float32([4], [1, 2, 3, 4]),
      b: float32([4], [4, 3, 2, 1]),
      m: float32([4], [0.1, 0.2, 0.3, 0.4]),
      v: float32([4], [1, 2, 3, 4]),
    },
    expected: [
      node('BatchNormalization', ['x', 's', 'b', 'm', 'v'], ['normal', 'mean', 'var'], [int('training_mode', 1)]),
      node('Add', ['mean', 'var'], ['y']),
    ],
  },
  {
    row: 'GroupNormalization/21',
    version: 20,
    input: image,
    nodes: [node('GroupNormalization', ['x', 's', 'b'], ['y'], [int('num_groups', 2)])],
    stored: {
      s: float32([2], [2, 3]),
      b: float32([2], [1, -1]),
      s4: float32([4], [2, 2, 3, 3]),
      b4: float32([4], [1, 1, -1, -1]),
    },
    expected: [node('GroupNormalization', ['x', 's4', 'b4'], ['y'], [int('num_groups', 2)])],
  },
  {
    row: 'Upsample/9',
    version: 7,
    input: image,
    nodes: [node('Upsample', ['x'], ['y'], [floats('scales', 1, 1, 2, 3)])],
  },
  {
    row: 'Upsample/9',
    what: 'of the first set',
    version: 6,
    input: image,
    nodes: [node('Upsample', ['x'], ['y'], [float('height_scale', 2), float('width_scale', 3)])],
    stored: { scales: float32([4], [1, 1, 2, 3]) },
    expected: [
      node(
        'Resize',
        ['x', '', 'scales'],
        ['y'],
        [text('coordinate_transformation_mode', 'asymmetric'), text('nearest_mode', 'floor')],
      ),
    ],
  },
  ...['nearest', 'linear'].map((mode) => ({
    row: 'Upsample/10',
    what: mode,
    version: 9,
    input: image,
    nodes: [node('Upsample', ['x', 'scales'], ['y'], [text('mode', mode)])],
    stored: { scales: float32([4], [1, 1, 3, 2]) },
  })),
  ...[
    ['nearest', 3],
    ['nearest', 0.5],
    ['linear', 2],
  ].map(([mode, scale]) => ({
    row: 'Resize/11',
    what: `${mode} by ${scale}`,
    version: 10,
    input: image,
    nodes: [node('Resize', ['x', 'scales'], ['y'], [text('mode', mode as string)])],
    stored: { scales: float32([4], [1, 1, scale as number, scale as number]) },
  })),
  {
    row: 'Resize/13',
    version: 11,
    input: image,
    nodes: [node('Resize', ['x', 'roi', 'none', 'sizes'], ['y'], [text('mode', 'linear')])],
    stored: { roi: float32([0], []), none: float32([0], []), sizes: int64([4], [1, 4, 5, 7]) },
  },
  {
    row: 'Scatter/11',
    version: 10,
    nodes: [node('Scatter', ['x', 'at', 'put'], ['y'], [int('axis', 1)])],
    stored: { at: int64([1, 1, 2], [1, 0]), put: float32([1, 1, 2], [7, 8]) },
  },
  {
    row: 'GridSample/20',
    version: 16,
    input: image,
    nodes: [node('GridSample', ['x', 'grid'], ['y'], [text('mode', 'bilinear')])],
    stored: { grid: float32([1, 1, 2, 2], [0.1, -0.3, 0.5, 0.9]) },
  },
  { row: 'Cast/6', version: 5, nodes: [node('Cast', ['x'], ['y'], [text('to', 'DOUBLE')])], expected: numbers(x) },
  {
    row: 'Concat/4',
    version: 3,
    nodes: [node('Concat', ['x', 'x'], ['y'])],
    expected: [node('Concat', ['x', 'x'], ['y'], [int('axis', 1)])],
  },
  {
    row: 'Selu/6',
    version: 5,
    nodes: [node('Selu', ['x'], ['y'])],
    expected: [node('Selu', ['x'], ['y'], [float('alpha', 1.6732), float('gamma', 1.0507)])],
  },
  {
    row: 'LpPool/2',
    version: 1,
    input: image,
    nodes: [node('LpPool', ['x'], ['y'], [float('p', 1), ints('kernel_shape', 2, 2)])],
    expected: [node('LpPool', ['x'], ['y'], [int('p', 1), ints('kernel_shape', 2, 2)])],
  },
  {
    row: 'GlobalLpPool/2',
    version: 1,
    input: image,
    nodes: [node('GlobalLpPool', ['x'], ['y'], [float('p', 1)])],
    expected: [node('GlobalLpPool', ['x'], ['y'], [int('p', 1)])],
  },
  recurrent('RNN', 1),
  recurrent('GRU', 3),
  recurrent('LSTM', 4),
];

/** Rows that refuse. */
const REFUSED: readonly (Case & { readonly message: RegExp })[] = [
  {
    row: 'Tile/6',
    version: 5,
    nodes: [node('Tile', ['x', 'tiles', 'axis'], ['y'])],
    stored: { tiles: float32([1], [2]), axis: float32([1], [0]) },
    message: /node "y" \(Tile\): it repeats one axis.*export the model with a later/,
  },
  { row: 'Scan/9', version: 8, nodes: [node('Scan', ['', 'x'], ['y'])], message: /batches of sequences/ },
  {
    row: 'BatchNormalization/9',
    version: 7,
    nodes: [node('BatchNormalization', ['x', 'b', 'b', 'b', 'b'], ['y'], [int('spatial', 0)])],
    stored: { b: float32([2], [1, 1]) },
    message: /statistics for each place/,
  },
  {
    row: 'Resize/11',
    version: 10,
    input: image,
    nodes: [node('Resize', ['x', 'scales'], ['y'])],
    stored: { scales: float32([4], [1, 1, 2, 0.5]) },
    message: /shrinks one axis and stretches another/,
  },
  { row: 'LpPool/2', version: 1, nodes: [node('LpPool', ['x'], ['y'], [float('p', 1.5)])], message: /norm 1.5/ },
];

function modelFor({ version, nodes, stored = {}, input = x }: Case): ModelProto {
  return modelOf(version, nodes, {
    initializer: Object.entries(stored).map(([name, tensor]) => toTensorProto(tensor, name)),
    input: [info('x', input.shape, input.dtype === 'float64' ? 11 : 1)],
    // Without a type: onnxruntime finds it itself.
    output: [{ name: 'y' }],
  });
}

function imported(model: ModelProto): ModelProto {
  const graph = new GraphBuilder('new');
  const { outputs } = importModel(graph, model);
  for (const output of outputs) graph.output(output, 'y');
  return graph.toModel();
}

const titled = <C extends Case>(rows: readonly C[]) =>
  rows.map((row) => ({ ...row, title: row.what ? `${row.row}, ${row.what}` : row.row }));

describe('a node of an older operator set', () => {
  test.each(titled(CASES))('computes the same once imported: $title', async (row) => {
    const { input = x, expected } = row;
    const actual = (await runModel(imported(modelFor(row)), { x: input }))['y']!;
    if (typeof expected?.[0] === 'number') {
      expect(numbers(actual)).toEqual(expected);
      return;
    }
    const stored = { ...row.stored, one: int64([1], [1]) };
    const reference = expected ? { ...row, version: 21, nodes: expected as readonly NodeProto[], stored } : row;
    expect(actual).toEqual((await runModel(modelFor(reference), { x: input }))['y']);
  });

  test.each(titled(REFUSED))('is refused where its form has no equal: $title', (row) => {
    expect(() => imported(modelFor(row))).toThrow(row.message);
  });

  test('of operator set 7 passes through every change since', async () => {
    // Upsample became Resize, Dropout got its ratio as input, Softmax its single axis.
    const nodes = [
      node('Upsample', ['x'], ['u'], [floats('scales', 1, 1, 2, 2)]),
      node('Dropout', ['u'], ['d'], [float('ratio', 0.5)]),
      node('Softmax', ['d'], ['y'], [int('axis', 1)]),
    ];
    const row: Case = { row: '', version: 7, nodes, input: image };
    expect((await runModel(imported(modelFor(row)), { x: image }))['y']).toEqual(
      (await runModel(modelFor(row), { x: image }))['y'],
    );
  });
});

describe('the table of changes', () => {
  const rows = Object.entries(CHANGES).flatMap(([type, changes]) => changes.map(({ since }) => `${type}/${since}`));

  test('has a case for each row', () => {
    const covered = new Set([...CASES, ...REFUSED].map(({ row }) => row));
    expect(rows.filter((row) => !covered.has(row))).toEqual([]);
    expect([...covered].filter((row) => !rows.includes(row))).toEqual([]);
  });

  test('lists the changes of an operator in the order of the sets', () => {
    for (const changes of Object.values(CHANGES)) {
      const sets = changes.map(({ since }) => since);
      expect(sets).toEqual(sets.toSorted((a, b) => a - b));
      expect(sets[0]).toBeGreaterThan(OLDEST_OPSET);
    }
  });
});
