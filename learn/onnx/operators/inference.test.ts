import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../../runtime/tensor.js';
import { bool, float32, int64, runModel } from '../fixtures/run-model.js';
import { Arithmetic, GraphBuilder, type Value } from '../index.js';

type Build = (graph: GraphBuilder, inputs: readonly Value[], math: Arithmetic) => readonly Value[];

const one =
  (type: string, attributes: Parameters<GraphBuilder['op']>[2] = {}): Build =>
  (graph, inputs) => [graph.op(type, inputs, attributes)];

const cube = float32(
  [2, 3, 4],
  Array.from({ length: 24 }, (_, index) => index - 12),
);
const image = float32([1, 8, 2, 2], new Float32Array(32));
const matrix = float32([3, 4], new Float32Array(12));
const whole = int64([2, 3], [1, 2, 3, 4, 5, 6]);
const flags = bool([2, 3], [true, false, true, false, true, true]);

/** Rows that no derivative's test runs, or whose other forms those tests leave out. */
const RUNS: readonly [string, Build, Tensor[]][] = [
  ['ArgMax', one('ArgMax', { axis: 1 }), [cube]],
  ['ArgMax without the axis', one('ArgMax', { axis: -1, keepdims: 0 }), [cube]],
  ['ArgMin', one('ArgMin', { select_last_index: 1 }), [cube]],
  ['Xor', one('Xor'), [flags, flags]],
  ['Or', one('Or'), [flags, bool([3], [true, false, false])]],
  ['BitShift', one('BitShift', { direction: 'LEFT' }), [uint8([2]), uint8([2])]],
  ['BitwiseAnd', one('BitwiseAnd'), [whole, int64([3], [1, 1, 1])]],
  ['BitwiseNot', one('BitwiseNot'), [whole]],
  ['Mod', one('Mod'), [whole, int64([3], [2, 2, 2])]],
  ['IsInf', one('IsInf', { detect_negative: 0 }), [cube]],
  ['IsNaN', one('IsNaN'), [cube]],
  ['CastLike', one('CastLike'), [cube, whole]],
  ['EyeLike', one('EyeLike', { k: 1 }), [matrix]],
  ['EyeLike of another type', one('EyeLike', { dtype: 'int64' }), [matrix]],
  ['Det', one('Det'), [float32([2, 2, 2], new Float32Array(8))]],
  ['NonZero', one('NonZero'), [cube]],
  ['Size', one('Size'), [cube]],
  ['Shape', one('Shape', { start: 1 }), [cube]],
  ['Shape from the end', one('Shape', { start: -2, end: -1 }), [cube]],
  [
    'OneHot in front',
    (graph, [at], math) => [
      graph.op('OneHot', [at, math.integers([4]), graph.constant(float32([2], [0, 1]))], { axis: 0 }),
    ],
    [whole],
  ],
  ['TopK', (graph, [x], math) => graph.ops('TopK', [x, math.integers([2])], { axis: 0, sorted: 0 }, 2), [cube]],
  ['Compress', one('Compress', { axis: 1 }), [cube, bool([2], [true, false])]],
  ['Compress of all', one('Compress'), [cube, bool([2], [false, true])]],
  ['GatherND', one('GatherND', { batch_dims: 1 }), [cube, int64([2, 1], [0, 2])]],
  ['Tile', one('Tile'), [cube, int64([3], [1, 2, 3])]],
  ['Pad by what the run says', one('Pad'), [cube, int64([6], [0, 1, -1, 1, 0, 0])]],
  [
    'Pad of some axes',
    (graph, [x], math) => [graph.op('Pad', [x, math.integers([1, -2]), undefined, math.integers([-1])])],
    [cube],
  ],
  ['Slice of axes that the run says', one('Slice'), [cube, int64([1], [1]), int64([1], [2]), int64([1], [1])]],
  ['Squeeze of axes that the run says', one('Squeeze'), [float32([1, 2], [0, 0]), int64([1], [0])]],
  ['Unsqueeze of axes that the run says', one('Unsqueeze'), [cube, int64([2], [0, 3])]],
  ['ReduceSum of axes that the run says', one('ReduceSum', { keepdims: 0 }), [cube, int64([2], [0, 2])]],
  ['DepthToSpace', one('DepthToSpace', { blocksize: 2 }), [image]],
  ['SpaceToDepth', one('SpaceToDepth', { blocksize: 2 }), [image]],
  [
    'NonMaxSuppression',
    (graph, inputs, math) => [graph.op('NonMaxSuppression', [...inputs, math.integers([2])])],
    [float32([1, 2, 4], [0, 0, 1, 1, 2, 2, 3, 3]), float32([1, 1, 2], [0.9, 0.8])],
  ],
  [
    'LayerNormalization with its statistics',
    (graph, inputs) => graph.ops('LayerNormalization', inputs, { axis: 1 }, 3),
    [cube, float32([3, 4], new Float32Array(12))],
  ],
  ['GridSample', one('GridSample'), [image, float32([1, 3, 4, 2], new Float32Array(24))]],
  [
    'MaxUnpool to a given shape',
    (graph, [x, places], math) => [
      graph.op('MaxUnpool', [x, places, math.integers([1, 1, 3, 3])], { kernel_shape: [2, 2], strides: [2, 2] }),
    ],
    [float32([1, 1, 1, 1], [5]), int64([1, 1, 1, 1], [3])],
  ],
  ['ReverseSequence', one('ReverseSequence'), [cube, int64([3], [1, 2, 1])]],
];

function uint8(shape: readonly number[]): Tensor {
  return { dtype: 'uint8', shape, data: new Uint8Array(shape[0]!) };
}

describe.each([true, false])('where extents are known: %s, what is inferred is what onnxruntime gives', (known) => {
  test.each(RUNS)('%s', async (_, build, feeds) => {
    const graph = new GraphBuilder('inference');
    const inputs = feeds.map((tensor, index) => {
      // Lists of indices keep their length: it is the rank of other values.
      const open = !known && tensor.shape.length > 1;
      const shape = tensor.shape.map((extent, axis) => (open && axis === 0 ? 'N' : extent));
      return graph.input(`x${index}`, tensor.dtype, shape);
    });
    const outputs = build(graph, inputs, new Arithmetic(graph)).map((value, index) => graph.output(value, `y${index}`));
    const results = await runModel(
      graph.toModel(),
      Object.fromEntries(feeds.map((feed, index) => [`x${index}`, feed])),
    );
    for (const { name, dtype, shape } of outputs) {
      const actual = results[name]!;
      expect(dtype).toBe(actual.dtype);
      expect(shape.map((dim, axis) => (typeof dim === 'number' ? dim : actual.shape[axis]))).toEqual(actual.shape);
    }
  });
});

describe('what cannot be is refused where the node is made', () => {
  test.each<[string, RegExp, Build, Tensor[]]>([
    ['a slope with more axes than the data', /more axes/, one('PRelu'), [float32([4], [0, 0, 0, 0]), matrix]],
    [
      'more cut off than there is',
      /more is cut off axis 1 than the 4/,
      (graph, [x], math) => [graph.op('Pad', [x, math.integers([0, -3, 0, -2])])],
      [matrix],
    ],
    [
      'pads for too few axes',
      /3 pads are given for 2 axes/,
      (graph, [x], math) => [graph.op('Pad', [x, math.integers([0, 1, 1])])],
      [matrix],
    ],
    [
      'blocks that do not fit',
      /no multiple of 4/,
      one('DepthToSpace', { blocksize: 2 }),
      [float32([1, 2, 2, 2], new Float32Array(8))],
    ],
    [
      'a bias for other channels',
      /2 numbers for 8 channels/,
      one('InstanceNormalization'),
      [image, float32([8], new Float32Array(8)), float32([2], [0, 0])],
    ],
    [
      'training without the statistics',
      /three outputs/,
      one('BatchNormalization', { training_mode: 1 }),
      [matrix, ...[1, 2, 3, 4].map(() => float32([4], [1, 1, 1, 1]))],
    ],
    [
      'tuples longer than the rank',
      /tuples of 3 indices do not fit 2 axes/,
      one('GatherND'),
      [matrix, int64([1, 3], [0, 0, 0])],
    ],
    [
      'more axes of the batch than the indices have',
      /batch_dims is 2/,
      one('GatherND', { batch_dims: 2 }),
      [cube, int64([2, 1], [0, 0])],
    ],
    [
      'indices of another rank than the data they are put into',
      /data of rank 2 and indices of rank 1/,
      one('ScatterElements'),
      [matrix, int64([2], [0, 1]), float32([2], [1, 2])],
    ],
    [
      'indices of another rank than the data they pick from',
      /data of rank 2 and indices of rank 3/,
      one('GatherElements'),
      [matrix, int64([1, 1, 1], [0])],
    ],
    [
      'other updates than indices',
      /indices and updates must have one shape/,
      one('ScatterElements'),
      [matrix, int64([1, 2], [0, 1]), float32([1, 1], [1])],
    ],
    [
      'updates of another shape than the tuples name',
      /the updates must have the shape \[1, 4\]/,
      one('ScatterND'),
      [matrix, int64([1, 1], [0]), float32([1, 3], [1, 2, 3])],
    ],
    ['a sum over no channel', /size is 0/, one('LRN', { size: 0 }), [image]],
    [
      'channels that do not make the groups',
      /8 channels do not make 3 groups/,
      one('GroupNormalization', { num_groups: 3 }),
      [image, ...[0, 1].map(() => float32([8], new Float32Array(8)))],
    ],
    ['one new axis twice', /not different from one another/, (_, [x], math) => [math.unsqueeze(x!, [1, 1])], [matrix]],
    [
      'limits without what they limit',
      /input 0 is missing/,
      (graph, [low]) => [graph.op('Clip', [undefined, low])],
      [float32([], [0])],
    ],
    [
      'repeats for too few axes',
      /for each axis/,
      (graph, [x], math) => [graph.op('Tile', [x, math.integers([2])])],
      [matrix],
    ],
    ['a determinant of what is not square', /differ/, one('Det'), [matrix]],
  ])('%s', (_, message, build, feeds) => {
    const graph = new GraphBuilder('refused');
    const inputs = feeds.map(({ dtype, shape }, index) => graph.input(`x${index}`, dtype, shape));
    expect(() => build(graph, inputs, new Arithmetic(graph))).toThrow(message);
  });
});

test('a node may name the inputs that it leaves out at the end, however many', () => {
  const graph = new GraphBuilder('left out');
  const x = graph.input('x', 'float32', [2]);
  const node = { opType: 'Relu', input: ['x', '', ''], output: ['y'], attribute: [] };
  expect(graph.node(node, [x, undefined, undefined], new Map())).toMatchObject([{ shape: [2] }]);
});

describe('shapes that nodes compute are followed', () => {
  const reshaped = (shape: (graph: GraphBuilder, math: Arithmetic, extents: Value) => Value) => {
    const graph = new GraphBuilder('shapes');
    const math = new Arithmetic(graph);
    const x = graph.input('x', 'float32', ['N', 6, 4]);
    return graph.op('Reshape', [x, shape(graph, math, graph.op('Shape', [x]))]).shape;
  };
  const at = (graph: GraphBuilder, math: Arithmetic, extents: Value, axis: number) =>
    graph.op('Gather', [extents, math.integers([axis])]);

  test.each<[string, Parameters<typeof reshaped>[0], (string | number)[]]>([
    [
      'through a product',
      (g, m, s) => g.op('Concat', [m.mul(at(g, m, s, 0), 6), at(g, m, s, 2)], { axis: 0 }),
      ['6*N', 4],
    ],
    [
      'through a quotient',
      (g, m, s) => g.op('Concat', [at(g, m, s, 0), m.div(at(g, m, s, 1), 2), m.mul(at(g, m, s, 2), 2)], { axis: 0 }),
      ['N', 3, 8],
    ],
    [
      'through the product of a list',
      (g, m, s) => m.unsqueeze(g.op('ReduceProd', [s], { keepdims: 0 }), [0]),
      ['24*N'],
    ],
    ['through a choice', (g, m, s) => g.op('Where', [m.equal(s, -1), m.integers([7, 7, 7]), s]), ['N', 6, 4]],
    [
      'through what fills a list',
      (g, m, s) =>
        g.op(
          'Concat',
          [at(g, m, s, 0), m.mul(g.op('ConstantOfShape', [m.integers([1])], { value: int64([1], [12]) }), 2)],
          { axis: 0 },
        ),
      ['N', 24],
    ],
    [
      'through a difference',
      (g, m, s) =>
        g.op('Concat', [at(g, m, s, 0), m.add(m.sub(at(g, m, s, 1), at(g, m, s, 2)), 0), m.integers([12])], {
          axis: 0,
        }),
      ['N', 2, 12],
    ],
    ['through a sign', (g, m, s) => g.op('Concat', [at(g, m, s, 0), m.neg(m.integers([1]))], { axis: 0 }), ['N', 24]],
  ])('%s', (_, shape, expected) => {
    expect(reshaped(shape)).toEqual(expected);
  });
});
