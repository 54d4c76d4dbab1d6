import { describe, expect, test } from 'vitest';
import { graphOf, info, inner, int, ints, modelOf, node } from './fixtures/protos.js';
import { bool, float32, int64, numbers, runModel } from './fixtures/run-model.js';
import {
  Arithmetic,
  GraphBuilder,
  type ImportOptions,
  importModel,
  type ModelProto,
  readModel,
  type TensorProto,
  toTensorProto,
  writeModel,
} from './index.js';

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
    expect(result.graph!.node[0]).toEqual({ ...foreign, name: 't' });
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

  test('renames stored tensors and results that the graph has already, also where a graph inside reads them', async () => {
    const branches = ['then_branch', 'else_branch'].map((name, index) =>
      inner(name, graphOf([node(index === 0 ? 'Add' : 'Sub', ['h', 'w'], ['r'])], [], [info('r', [])])),
    );
    const nodes = [node('Mul', ['x', 'w'], ['h']), node('If', ['p'], ['y'], branches)];
    const weight = (value: number) => toTensorProto(float32([1], [value]), 'w');
    const model = (value: number) =>
      modelOf(21, nodes, { initializer: [weight(value)], input: [info('x', ['N']), info('p', [], 9)] });
    const graph = new GraphBuilder('twice');
    const p = graph.input('p', 'bool', []);
    const input = graph.input('x', 'float32', ['N']);
    const replaceInput = (name: string) => (name === 'p' ? p : input);
    const [first] = importModel(graph, model(2), { replaceInput }).outputs;
    const [second] = importModel(graph, model(10), { replaceInput: (name) => (name === 'p' ? p : first!) }).outputs;
    graph.output(second!, 'result');
    const run = async (flag: boolean) =>
      numbers((await runModel(graph.toModel(), { x: float32([1], [3]), p: bool([], [flag]) }))['result']);
    expect(await run(true)).toEqual([(3 * 2 + 2) * 10 + 10]);
    expect(await run(false)).toEqual([(3 * 2 - 2) * 10 - 10]);
  });

  test('keeps inputs and stored tensors that are outputs too', async () => {
    const model = modelOf(21, [node('Relu', ['x'], ['y'])], {
      initializer: [toTensorProto(float32([1], [5]), 'w')],
      output: [info('x', ['N', 2, 4]), info('y', ['N', 2, 4]), info('w', [1])],
    });
    const results = await runModel(imported(model), { x });
    expect(numbers(results['x'])).toEqual(numbers(x));
    expect(numbers(results['w'])).toEqual([5]);
  });

  test('leaves nodes out that it cannot take over where no output depends on them', () => {
    const scaler = { ...node('Scaler', ['x'], ['scaled']), domain: 'ai.onnx.ml' };
    const nodes = [scaler, node('Relu', ['scaled'], ['unused']), node('Relu', ['x'], ['y'])];
    expect(imported(modelOf(21, nodes)).graph!.node.map(({ opType }) => opType)).toEqual(['Relu']);
    expect(() => imported(modelOf(21, [scaler, node('Relu', ['scaled'], ['y'])]))).toThrow(
      /node "scaled" \(ai.onnx.ml.Scaler\).*classical machine learning/,
    );
  });

  test('gives symbols that another builder made up a meaning of their own', () => {
    const graph = new GraphBuilder('mine');
    const own = graph.names.symbol();
    const model = modelOf(21, [node('Relu', ['x'], ['y'])], { input: [info('x', [own, `2*${own}`, 'N'])] });
    const [y] = importModel(graph, model).outputs;
    expect(y!.shape).toEqual(['unknown_2', '2*unknown_2', 'N']);
  });

  test.each([22, 23, 25])('takes operator set %i as it is: what we write means the same there', async (version) => {
    const model = modelOf(version, [node('ReduceSum', ['x', 'axes'], ['y'])], {
      initializer: [toTensorProto(int64([1], [1]), 'axes')],
    });
    const result = imported(model);
    expect(result.opsetImport).toEqual([{ domain: '', version }]);
    expect((await runModel(result, { x }))['y']!.shape).toEqual([3, 1, 4]);
  });

  const external = { dataLocation: 1, externalData: [{ key: 'location', value: 'w.bin' }] };

  test('keeps a tensor whose values stand in another file as it is', () => {
    const weight = { name: 'w', dims: [4], dataType: 1, ...external };
    const model = modelOf(21, [node('Mul', ['x', 'w'], ['y'])], { initializer: [weight] });
    expect(imported(model).graph!.initializer).toEqual([weight]);
  });

  const stored = (proto: Partial<TensorProto>) =>
    modelOf(21, [node('Mul', ['x', 'w'], ['y'])], { initializer: [{ name: 'w', dims: [4], dataType: 1, ...proto }] });

  test.each<[string, ModelProto, RegExp]>([
    ['no operator set', modelOf(0, []), /operator set 0: export it with a set from 1 to 25/],
    ['an operator set of the future', modelOf(99, []), /operator set 99: export it with a set from 1 to 25/],
    [
      'an operator that may have changed since',
      modelOf(11, [node('TfIdfVectorizer', ['x'], ['y'])]),
      /not known whether this operator changed/,
    ],
    [
      'a foreign operator without a described result',
      modelOf(21, [{ ...node('F', ['x'], ['y0']), domain: 'a.b' }, node('Relu', ['y0'], ['y'])]),
      /node "y0" \(a.b.F\): the type of "y0" is not known/,
    ],
    ['a node before what it reads', modelOf(21, [node('Relu', ['z'], ['y'])]), /reads "z", which no input/],
    [
      'nodes in another order than they run',
      modelOf(21, [node('Relu', ['z'], ['y']), node('Relu', ['x'], ['z'])]),
      /reads "z", which no earlier node provides.*order in which they run, without cycles/,
    ],
    ['a node that reads itself', modelOf(21, [node('Relu', ['y'], ['y'])]), /without cycles/],
    [
      'two nodes with one result',
      modelOf(21, [node('Relu', ['x'], ['y']), node('Relu', ['x'], ['y'])]),
      /two values of the model are called "y"/,
    ],
    [
      'two inputs of one name',
      modelOf(21, [], { input: [info('x', []), info('x', [])], output: [info('x', [])] }),
      /called "x"/,
    ],
    [
      'a node that gives out an input',
      modelOf(21, [node('Relu', ['x'], ['x'])], { output: [info('x', [])] }),
      /called "x"/,
    ],
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
    ['an input of a negative extent', modelOf(21, [], { input: [info('s', [-1])] }), /"s".*extent -1: name a symbol/],
    [
      'an input of more axes than there are',
      modelOf(21, [], { input: [info('s', new Array<number>(5000).fill(1))] }),
      /5000 axes/,
    ],
    ['an output that nothing gives', modelOf(21, []), /gives out "y"/],
    ['a tensor with too few bytes', stored({ dims: [100], rawData: new Uint8Array(396) }), /needs 400 bytes.*has 396/],
    ['a tensor with too many values', stored({ floatData: [1, 2, 3, 4, 5] }), /needs 4 values, the file has 5/],
    ['a tensor of a negative extent', stored({ dims: [-4] }), /negative extent/],
    ['a tensor of more than 2^53 elements', stored({ dims: [2 ** 40, 2 ** 40] }), /more than 2\^53 elements/],
    ['a tensor of texts', stored({ dataType: 8, stringData: [0, 1, 2, 3].map(() => new Uint8Array()) }), /type string/],
    ['a tensor of a type that ONNX does not have', stored({ dataType: 77 }), /element type number 77/],
    [
      'an attribute of another type',
      modelOf(21, [node('Softmax', ['x'], ['y'], [ints('axis', 1)])]),
      /attribute "axis" must be of kind int \(type 2\), not type 7/,
    ],
    [
      'an attribute whose value stands in the field of another type',
      modelOf(21, [node('Softmax', ['x'], ['y'], [{ name: 'axis', type: 2, f: 1 }])]),
      /attribute "axis" must be of kind int, but has a value in the field "f"/,
    ],
    [
      'an attribute of a function that is none',
      modelOf(21, [node('Softmax', ['x'], ['y'], [{ name: 'axis', type: 2, refAttrName: 'a' }])]),
      /refers to "a" of a function/,
    ],
    [
      'an attribute beyond 2^53',
      modelOf(21, [node('Softmax', ['x'], ['y'], [{ name: 'axis', type: 2, i: 2n ** 60n }])]),
      /beyond 2\^53/,
    ],
    ['functions that double at every level', doubling(40), /call one another so often/],
    ['functions that call one another without end', doubling(5000), /more than 100 levels deep/],
  ])('refuses %s', (_, model, message) => {
    expect(() => imported(model)).toThrow(message);
  });
});

/** A model whose one node calls a function that calls the next one twice, and so on. */
function doubling(levels: number): ModelProto {
  const call = (level: number, from: string, to: string) => ({ ...node(`f${level}`, [from], [to]), domain: 'd' });
  const functions = Array.from({ length: levels }, (_, level) => ({
    name: `f${level}`,
    domain: 'd',
    input: ['a'],
    output: ['c'],
    node: level === levels - 1 ? [node('Relu', ['a'], ['c'])] : [call(level + 1, 'a', 'b'), call(level + 1, 'b', 'c')],
  }));
  return { ...modelOf(21, [call(0, 'x', 'y')]), functions };
}
