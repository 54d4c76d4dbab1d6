import { describe, expect, test } from 'vitest';
import { float32, numbers, runModel } from './fixtures/run-model.js';
import { Arithmetic, GraphBuilder, OnnxError, type Shape, type Value } from './index.js';

function graphWith(build: (graph: GraphBuilder, math: Arithmetic, x: Value) => Value): Value {
  const graph = new GraphBuilder('test');
  return build(graph, new Arithmetic(graph), graph.input('x', 'float32', ['N', 3, 4]));
}

describe('a graph under construction', () => {
  test('names the outputs of a node as the node says, whatever the values are called that declare their types', () => {
    const graph = new GraphBuilder('test');
    const x = graph.input('x', 'float32', ['N', 2]);
    const proto = { domain: 'elsewhere', opType: 'Unknown', input: ['x'], output: ['copy'], attribute: [] };
    const [copy] = graph.node(proto, [x], new Map([['copy', x]]));
    expect(copy).toMatchObject({ name: 'copy', shape: ['N', 2] });
  });

  test('runs in onnxruntime, with readable names', async () => {
    const graph = new GraphBuilder('test');
    const math = new Arithmetic(graph);
    const x = graph.input('x', 'float32', ['N', 2]);
    const weight = graph.initializer('weight', float32([2], [10, 100]));
    const sum = graph.names.within('layer', () => math.sum(math.mul(x, weight), [1]));
    const doubled = graph.names.within('layer', () => math.mul(sum, 2));
    graph.output(doubled, 'y');
    const model = graph.toModel();
    expect(model.graph!.node.map(({ output }) => output[0])).toEqual([
      'layer/Mul',
      'layer/constant_1',
      'layer/ReduceSum',
      'layer/constant_2',
      'layer/Mul_2',
      'y',
    ]);
    expect(numbers((await runModel(model, { x: float32([2, 2], [1, 2, 3, 4]) }))['y'])).toEqual([420, 860]);
  });

  test('shares equal constants', () => {
    const graph = new GraphBuilder('test');
    const math = new Arithmetic(graph);
    expect(math.scalar(2, 'float32')).toBe(math.scalar(2, 'float32'));
    expect(math.scalar(2, 'float32')).not.toBe(math.scalar(2, 'float64'));
    expect(math.scalar(0, 'float32')).not.toBe(math.scalar(-0, 'float32'));
  });

  test('writes the metadata of the model', () => {
    const graph = new GraphBuilder('test');
    graph.metadata('classes', '["a","b"]');
    expect(graph.toModel().metadataProps).toEqual([{ key: 'classes', value: '["a","b"]' }]);
  });
});

describe('the type of a result', () => {
  test.each<[string, (graph: GraphBuilder, math: Arithmetic, x: Value) => Value, Shape]>([
    ['Flatten', (g, _, x) => g.op('Flatten', [x]), ['N', 12]],
    ['Flatten over a symbol', (g, _, x) => g.op('Flatten', [x], { axis: 2 }), ['3*N', 4]],
    ['a reshape that keeps the batch', (_, m, x) => m.reshape(x, [0, -1]), ['N', 12]],
    ['a reshape that merges it', (_, m, x) => m.reshape(x, [-1, 2]), ['6*N', 2]],
    ['a reshape to the shape of another', (_, m, x) => m.reshapeLike(m.reshape(x, [-1]), x), ['N', 3, 4]],
    [
      'a reshape to extents put together in the graph, as exporters write it',
      (g, m, x) => {
        const batch = m.unsqueeze(g.op('Gather', [g.op('Shape', [x]), m.scalar(0, 'int64')]), [0]);
        return g.op('Reshape', [x, g.op('Concat', [batch, m.integers([-1])], { axis: 0 })]);
      },
      ['N', 12],
    ],
    [
      'a slice of known extents',
      (g, m, x) => g.op('Slice', [x, m.integers([1]), m.integers([-1]), m.integers([2])]),
      ['N', 3, 2],
    ],
    ['a concatenation', (g, _, x) => g.op('Concat', [x, x], { axis: 0 }), ['2*N', 3, 4]],
    ['a product of batches', (_, m, x) => m.matmul(x, m.transposeMatrix(x)), ['N', 3, 3]],
    ['a reduction', (_, m, x) => m.sum(x, [0, 2]), [3]],
    ['an expansion', (g, m, x) => g.op('Expand', [m.scalar(1, 'float32'), m.shapeOf(x)]), ['N', 3, 4]],
  ])('is known: %s', (_, build, shape) => {
    expect(graphWith(build).shape).toEqual(shape);
  });

  test('has a symbol of its own where only the run can tell', () => {
    const value = graphWith((g, m, x) => g.op('Slice', [x, m.integers([1]), m.integers([5]), m.integers([0])]));
    expect(value.shape).toEqual([expect.stringMatching(/^unknown_/), 3, 4]);
  });
});

describe('the builder refuses', () => {
  test.each<[string, (graph: GraphBuilder, math: Arithmetic, x: Value) => Value, RegExp]>([
    ['an unknown operator', (g, _, x) => g.op('Frobnicate', [x]), /node "Frobnicate" \(Frobnicate\).*does not know/],
    ['a name of Object as operator', (g, _, x) => g.op('constructor', [x]), /does not know/],
    ['shapes that do not fit', (_, m, x) => m.add(x, m.integers([1, 2])), /element type/],
    [
      'extents that do not fit',
      (g, m, x) => m.add(x, g.constant(float32([3], [1, 2, 3]))),
      /node "Add".*do not fit.*x float32\[N, 3, 4\]/,
    ],
    ['mixed element types', (_, m, x) => m.mul(x, m.scalar(1, 'float64')), /one element type/],
    ['an unknown attribute', (g, _, x) => g.op('Flatten', [x], { axes: 1 }), /attribute "axes".*axis/],
    ['an attribute of another kind', (g, _, x) => g.op('Flatten', [x], { axis: 1.5 }), /kind int, not 1.5/],
    ['an axis that is not there', (g, _, x) => g.op('Softmax', [x], { axis: 3 }), /axis 3 does not exist in rank 3/],
    ['a missing attribute', (g, _, x) => g.op('Concat', [x]), /lacks the attribute "axis"/],
    ['too few inputs', (g, _, x) => g.op('Add', [x]), /input 1 is missing: it takes 2/],
    ['a required input left out', (g, _, x) => g.op('Add', [x, undefined]), /input 1 is missing/],
    ['a matrix product of other inner extents', (_, m, x) => m.matmul(x, x), /inner extents 4 and 3 differ/],
    ['a reshape to another number of elements', (_, m, x) => m.reshape(m.sum(x, [0]), [5]), /12 elements do not fit/],
    ['a squeeze of more than 1', (_, m, x) => m.squeeze(x, [1]), /axis 1 has 3 elements/],
    ['an order that forgets an axis', (g, _, x) => g.op('Transpose', [x], { perm: [0, 1, 1] }), /every axis once/],
    ['a name twice', (g) => g.input('x', 'float32', []), /two values of the graph are called "x"/],
  ])('%s', (_, build, message) => {
    expect(() => graphWith(build)).toThrow(OnnxError);
    expect(() => graphWith(build)).toThrow(message);
  });
});

test('an index list keeps what it holds through the operators of shapes', () => {
  const value = graphWith((g, m, x) => {
    const shape = g.op('Shape', [x], { start: 1 });
    const doubled = g.op('Concat', [g.op('Slice', [shape, m.integers([0]), m.integers([1])]), shape], { axis: 0 });
    return m.cast(m.cast(doubled, 'int32'), 'int64');
  });
  expect(value.content).toEqual([3, 3, 4]);
});

test('values whose symbolic extents ONNX Runtime cannot infer are described in the file', () => {
  const graph = new GraphBuilder('described');
  const math = new Arithmetic(graph);
  const x = graph.input('x', 'float32', ['N', 3, 4]);
  const flat = math.reshape(x, [-1, 4]);
  const [, second] = graph.ops('Split', [flat], { axis: 0, num_outputs: 3 }, 3);
  graph.op('Concat', [second, second], { axis: 0 });
  graph.op('Reshape', [x, graph.input('shape', 'int64', [2])]);
  graph.output(math.mul(math.reshape(x, [3, -1]), 2));
  const shapes = graph.toModel().graph!.valueInfo!.map(({ name, type }) => {
    const dims = type!.tensorType!.shape!.dim.map(({ dimValue, dimParam }) => dimValue ?? dimParam);
    return `${name} ${dims.join(' ')}`;
  });
  // Not the reshape to what only the run knows, and not the product, which follows from its operands.
  expect(shapes).toEqual([
    'Reshape 3*N 4',
    'Split N 4',
    'Split/1 N 4',
    'Split/2 N 4',
    'Concat 2*N 4',
    'Reshape_3 3 4*N',
  ]);
});
