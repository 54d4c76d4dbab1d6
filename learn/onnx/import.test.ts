import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../runtime/tensor.js';
import { float32, numbers, runModel } from './fixtures/run-model.js';
import {
  Arithmetic,
  ATTRIBUTE_TYPES,
  type AttributeProto,
  GraphBuilder,
  type ImportOptions,
  importModel,
  type ModelProto,
  type NodeProto,
  readModel,
  toTensorProto,
  type ValueInfoProto,
  writeModel,
} from './index.js';

function info(name: string, shape: readonly (number | string)[], elemType = 1): ValueInfoProto {
  const dim = shape.map((extent) => (typeof extent === 'number' ? { dimValue: extent } : { dimParam: extent }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

function node(opType: string, input: string[], output: string[], attribute: AttributeProto[] = []): NodeProto {
  return { opType, input, output, attribute };
}

const ints = (name: string, ...values: number[]): AttributeProto => ({
  name,
  type: ATTRIBUTE_TYPES.ints,
  ints: values.map(BigInt),
});
const int = (name: string, value: number): AttributeProto => ({ name, type: ATTRIBUTE_TYPES.int, i: BigInt(value) });
const float = (name: string, value: number): AttributeProto => ({ name, type: ATTRIBUTE_TYPES.float, f: value });

function modelOf(
  version: number,
  nodes: NodeProto[],
  more: Partial<NonNullable<ModelProto['graph']>> = {},
): ModelProto {
  return {
    irVersion: 7,
    opsetImport: [{ domain: '', version }],
    graph: {
      name: 'old',
      node: nodes,
      initializer: [],
      input: [info('x', ['N', 2, 4])],
      output: [info('y', [])],
      ...more,
    },
  };
}

function imported(model: ModelProto, options?: ImportOptions): ModelProto {
  const graph = new GraphBuilder('new');
  const { outputs } = importModel(graph, model, options);
  for (const output of outputs) graph.output(output);
  return graph.toModel();
}

const x = float32(
  [3, 2, 4],
  Array.from({ length: 24 }, (_, index) => Math.sin(index)),
);

async function same(original: ModelProto, feeds: Record<string, Tensor> = { x }): Promise<void> {
  // The output's declared rank is not the point here: onnxruntime finds it itself.
  const output = original.graph!.output.map(({ name }) => ({ name: name!, type: { tensorType: { elemType: 1 } } }));
  const [before, after] = [
    await runModel({ ...original, graph: { ...original.graph!, output } }, feeds),
    await runModel(imported(original), feeds),
  ];
  expect(after).toEqual(before);
  expect(numbers(after['y']).length).toBeGreaterThan(0);
}

describe('a model of an older operator set computes the same once imported', () => {
  test.each<[string, number, NodeProto[]]>([
    ['ReduceSum with axes as attribute', 11, [node('ReduceSum', ['x'], ['y'], [ints('axes', 1), int('keepdims', 0)])]],
    ['ReduceMean with axes as attribute', 13, [node('ReduceMean', ['x'], ['y'], [ints('axes', -1)])]],
    ['ReduceMax over everything', 12, [node('ReduceMax', ['x'], ['y'])]],
    [
      'Unsqueeze and Squeeze',
      11,
      [node('Unsqueeze', ['x'], ['u'], [ints('axes', 0)]), node('Squeeze', ['u'], ['y'], [ints('axes', 0)])],
    ],
    ['Softmax over the last axis', 11, [node('Softmax', ['x'], ['y'], [int('axis', 2)])]],
    ['Clip with limits as attributes', 10, [node('Clip', ['x'], ['y'], [float('min', -0.5), float('max', 0.25)])]],
    ['Clip with one limit', 10, [node('Clip', ['x'], ['y'], [float('max', 0.25)])]],
    ['Dropout with its ratio as attribute', 10, [node('Dropout', ['x'], ['y'], [float('ratio', 0.3)])]],
    ['Split with sizes as attribute', 11, [node('Split', ['x'], ['y', 'rest'], [int('axis', 2), ints('split', 1, 3)])]],
    [
      'Slice with everything as attributes',
      9,
      [node('Slice', ['x'], ['y'], [ints('starts', 1), ints('ends', 3), ints('axes', 2)])],
    ],
  ])('%s', async (_, version, nodes) => {
    await same(modelOf(version, nodes));
  });

  test('a scalar in a Gemm, an opset 13 relu network', async () => {
    const weight = toTensorProto(float32([2, 4], [1, 2, 3, 4, 5, 6, 7, 8]), 'w');
    const nodes = [
      node('Flatten', ['x'], ['f'], [int('axis', 2)]),
      node('Gemm', ['f', 'w'], ['g'], [int('transB', 1), float('alpha', 0.5)]),
      node('Relu', ['g'], ['y']),
    ];
    await same(modelOf(13, nodes, { initializer: [weight] }));
  });
});

describe('import', () => {
  const relu = modelOf(21, [node('Relu', ['x'], ['y'])]);

  test('treats stored tensors that are also listed as inputs as stored', () => {
    const weight = toTensorProto(float32([4], [1, 2, 3, 4]), 'w');
    const model = modelOf(13, [node('Mul', ['x', 'w'], ['y'])], {
      initializer: [weight],
      input: [info('x', ['N', 2, 4]), info('w', [4])],
    });
    const { graph } = imported(model);
    expect(graph!.input.map(({ name }) => name)).toEqual(['x']);
    expect(graph!.initializer).toEqual([weight]);
  });

  test('puts one graph behind another, renaming what both call alike', async () => {
    const graph = new GraphBuilder('joined');
    const input = graph.input('table', 'float32', ['N', 2, 4]);
    const y = new Arithmetic(graph).mul(input, 2, { name: 'y' });
    const { outputs } = importModel(graph, relu, { replaceInput: () => y });
    graph.output(outputs[0]!, 'result');
    const results = await runModel(graph.toModel(), { table: x });
    expect(numbers(results['result'])).toEqual(numbers(x).map((value) => Math.max(0, 2 * value)));
  });

  test('refuses a replacement of another type or shape', () => {
    const replace = (shape: readonly number[]) => () => {
      const graph = new GraphBuilder('joined');
      const other = graph.input('other', 'float32', shape);
      importModel(graph, relu, { replaceInput: () => other });
    };
    expect(replace([5, 2, 4])).not.toThrow();
    expect(replace([5, 2, 3])).toThrow(/"x" is float32\[N, 2, 4\]: "other", float32\[5, 2, 3\]/);
    expect(replace([2, 4])).toThrow(/cannot take its place/);
  });

  test('keeps a node of another domain whose result the file describes', () => {
    const foreign = { ...node('FusedThing', ['x'], ['t'], [int('anything', 3)]), domain: 'com.example' };
    const model = {
      ...modelOf(21, [foreign, node('Relu', ['t'], ['y'])], { valueInfo: [info('t', ['N', 5])] }),
      opsetImport: [{ version: 21 }, { domain: 'com.example', version: 2 }],
    };
    const result = imported(model);
    expect(result.graph!.node[0]).toEqual(foreign);
    expect(result.opsetImport).toEqual([
      { domain: '', version: 21 },
      { domain: 'com.example', version: 2 },
    ]);
    expect(result.graph!.output).toEqual([info('y', ['N', 5])]);
  });

  test('keeps the mark at which gradients end', () => {
    const graph = new GraphBuilder('stop');
    const input = graph.input('x', 'float32', ['N']);
    graph.output(graph.op('Identity', [input], {}, { name: 'y', stopGradient: true }));
    const again = new GraphBuilder('again');
    importModel(again, readModel(writeModel(graph.toModel())));
    expect(again.nodes.map(({ stopGradient }) => stopGradient)).toEqual([true]);
  });

  test('never makes up a name that a later node has', () => {
    const nodes = [
      node('Unsqueeze', ['x'], ['u'], [ints('axes', 0)]),
      node('Relu', ['u'], ['constant']),
      node('Relu', ['constant'], ['y']),
    ];
    expect(() => imported(modelOf(11, nodes))).not.toThrow();
  });

  test.each<[string, ModelProto, RegExp]>([
    ['too old an operator set', modelOf(8, []), /operator set 8: export it with 9/],
    [
      'an operator that may have changed since',
      modelOf(11, [node('Resize', ['x'], ['y'])]),
      /not known whether this operator changed/,
    ],
    [
      'a foreign operator without a described result',
      { ...modelOf(21, [{ ...node('F', ['x'], ['y0']), domain: 'a.b' }]) },
      /node "y0" \(a.b.F\): the type of "y0" is not known/,
    ],
    ['Softmax over several axes at once', modelOf(11, [node('Softmax', ['x'], ['y'])]), /set 13/],
    ['a node before what it reads', modelOf(21, [node('Relu', ['z'], ['y'])]), /reads "z", which no input/],
    ['a model with functions', { ...relu, functions: [{ input: [], output: [], node: [] }] }, /inline them/],
    ['a model without graph', { opsetImport: [{ version: 21 }] }, /no graph/],
    [
      'an input that is no tensor',
      modelOf(21, [], { input: [{ name: 's', type: { sequenceType: {} } }] }),
      /"s" is not a tensor/,
    ],
    [
      'an input without a shape',
      modelOf(21, [], { input: [{ name: 's', type: { tensorType: { elemType: 1 } } }] }),
      /without a shape/,
    ],
    ['an output that nothing gives', modelOf(21, []), /gives out "y"/],
  ])('refuses %s', (_, model, message) => {
    expect(() => imported(model)).toThrow(message);
  });
});
