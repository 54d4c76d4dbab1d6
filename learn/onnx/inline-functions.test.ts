import { describe, expect, test } from 'vitest';
import { float32, numbers, runModel } from './fixtures/run-model.js';
import { inlineFunctions } from './inline-functions.js';
import type { AttributeProto, FunctionProto, ModelProto, NodeProto, ValueInfoProto } from './messages.js';

const float = (name: string, f: number): AttributeProto => ({ name, type: 1, f });
const int = (name: string, i: number): AttributeProto => ({ name, type: 2, i: BigInt(i) });
/** The attribute `name` of a node is the attribute `refAttrName` of the function around it. */
const ref = (name: string, refAttrName: string, type = 1): AttributeProto => ({ name, refAttrName, type });

function node(
  opType: string,
  input: string[],
  output: string[],
  attribute: AttributeProto[] = [],
  domain = '',
): NodeProto {
  return { opType, input, output, attribute, domain, name: `${opType}_${output[0]}` };
}

const call = (opType: string, input: string[], output: string[], attribute: AttributeProto[] = []) =>
  node(opType, input, output, attribute, 'local');

function body(
  name: string,
  input: string[],
  output: string[],
  nodes: NodeProto[],
  more: Partial<FunctionProto> = {},
): FunctionProto {
  return {
    name,
    domain: 'local',
    input,
    output,
    node: nodes,
    opsetImport: [{ version: 18 }, { domain: 'local', version: 1 }],
    ...more,
  };
}

function info(name: string, shape: readonly number[] = [3]): ValueInfoProto {
  return { name, type: { tensorType: { elemType: 1, shape: { dim: shape.map((dimValue) => ({ dimValue })) } } } };
}

function model(nodes: NodeProto[], functions: FunctionProto[], outputs = ['y']): ModelProto {
  return {
    irVersion: 10,
    opsetImport: [
      { domain: '', version: 18 },
      { domain: 'local', version: 1 },
    ],
    graph: { name: 'g', node: nodes, initializer: [], input: [info('x')], output: outputs.map((name) => info(name)) },
    functions,
  };
}

/** scale(x; alpha = 0.5): alpha x where x < 0 */
const LEAKY = body('Leaky', ['x'], ['y'], [node('LeakyRelu', ['x'], ['y'], [ref('alpha', 'slope')])], {
  attributeProto: [float('slope', 0.5)],
});
/** x^2 + Leaky(x), with a value called like one of the caller */
const MIXED = body(
  'Mixed',
  ['a'],
  ['b'],
  [
    node('Mul', ['a', 'a'], ['hidden']),
    call('Leaky', ['a'], ['side'], [ref('slope', 'slope')]),
    node('Add', ['hidden', 'side'], ['b']),
  ],
  { attribute: ['slope'] },
);

const constantOf = (value: number, name: string) =>
  node(
    'Constant',
    [],
    [name],
    [{ name: 'value', type: 4, t: { dims: [], dataType: 1, floatData: Float32Array.of(value) as never } }],
  );

/** Which of two scalings, chosen by a branch whose body refers to the function's attribute. */
const BRANCHED = body(
  'Branched',
  ['x'],
  ['y'],
  [
    node('ReduceSum', ['x'], ['sum'], [int('keepdims', 0)]),
    constantOf(0, 'zero'),
    node('Greater', ['sum', 'zero'], ['positive']),
    node(
      'If',
      ['positive'],
      ['y'],
      [
        {
          name: 'then_branch',
          type: 5,
          g: {
            name: 't',
            node: [node('Elu', ['x'], ['then'], [ref('alpha', 'slope')])],
            initializer: [],
            input: [],
            output: [info('then')],
          },
        },
        {
          name: 'else_branch',
          type: 5,
          g: {
            name: 'e',
            node: [call('Leaky', ['x'], ['else'], [ref('slope', 'slope')])],
            initializer: [],
            input: [],
            output: [info('else')],
          },
        },
      ],
    ),
  ],
  { attribute: ['slope'] },
);

const x = float32([3], [-2, 0.5, 1]);

async function bothWays(source: ModelProto) {
  const inlined = inlineFunctions(source);
  expect(inlined.functions).toBeUndefined();
  expect(inlined.opsetImport).toEqual([{ domain: '', version: 18 }]);
  expect(inlined.graph!.node.every(({ domain }) => domain === '' || domain === undefined)).toBe(true);
  expect(await runModel(inlined, { x })).toEqual(await runModel(source, { x }));
  return inlined;
}

describe('inlining functions', () => {
  test.each<[string, ModelProto]>([
    ['with an attribute of the call', model([call('Leaky', ['x'], ['y'], [float('slope', 0.1)])], [LEAKY])],
    ['with the default of an attribute', model([call('Leaky', ['x'], ['y'])], [LEAKY])],
    [
      'that call functions, twice, among values with the names they use',
      model(
        [
          node('Neg', ['x'], ['hidden']),
          call('Mixed', ['hidden'], ['side'], [float('slope', 0.3)]),
          call('Mixed', ['side'], ['b'], [float('slope', 0.7)]),
          node('Add', ['b', 'hidden'], ['y']),
        ],
        [MIXED, LEAKY],
      ),
    ],
    ['that pass an attribute on that nobody gives', model([call('Mixed', ['x'], ['y'])], [MIXED, LEAKY])],
    [
      'whose branches refer to attributes and call functions',
      model([call('Branched', ['x'], ['y'], [float('slope', 0.3)])], [BRANCHED, LEAKY]),
    ],
    [
      'that leave out an optional input',
      model(
        [call('Limited', ['x'], ['y'])],
        [
          body(
            'Limited',
            ['x', 'low', 'high'],
            ['y'],
            [constantOf(0.7, 'most'), node('Clip', ['x', 'low', 'most'], ['y'])],
          ),
        ],
      ),
    ],
    [
      'whose outputs nobody reads',
      model(
        [call('Two', ['x'], ['', 'y'])],
        [body('Two', ['x'], ['a', 'b'], [node('Neg', ['x'], ['a']), node('Exp', ['a'], ['b'])])],
      ),
    ],
    [
      'that are called inside a branch of the model',
      model(
        [
          ...BRANCHED.node.slice(0, 3),
          node(
            'If',
            ['positive'],
            ['y'],
            [
              {
                name: 'then_branch',
                type: 5,
                g: {
                  name: 't',
                  node: [call('Mixed', ['x'], ['then'])],
                  initializer: [],
                  input: [],
                  output: [info('then')],
                },
              },
              {
                name: 'else_branch',
                type: 5,
                g: {
                  name: 'e',
                  node: [call('Mixed', ['x'], ['else'])],
                  initializer: [],
                  input: [],
                  output: [info('else')],
                },
              },
            ],
          ),
        ],
        [MIXED, LEAKY],
      ),
    ],
  ])('%s changes no result', async (_, source) => {
    await bothWays(source);
  });

  // ONNX Runtime itself refuses such a function; ONNX does not.
  test('gives out an input as it is, and a value twice', async () => {
    const same = body('Same', ['x'], ['x', 'z', 'z'], [node('Neg', ['x'], ['z'])]);
    const outputs = ['y', 'first', 'second'];
    const results = await runModel(inlineFunctions(model([call('Same', ['x'], outputs)], [same], outputs)), { x });
    expect(outputs.map((name) => numbers(results[name]))).toEqual([
      [-2, 0.5, 1],
      [2, -0.5, -1],
      [2, -0.5, -1],
    ]);
  });

  test('keeps a model without functions as it is', () => {
    const plain = model([node('Neg', ['x'], ['y'])], []);
    expect(inlineFunctions(plain)).toBe(plain);
  });

  test('names what is inside after the node that called', () => {
    const inlined = inlineFunctions(model([call('Mixed', ['x'], ['y'])], [MIXED, LEAKY]));
    const outputs = inlined.graph!.node.map(({ output }) => output[0]);
    expect(outputs).toEqual(['Mixed_y/hidden', 'Mixed_y/side', 'y']);
    expect(inlined.graph!.node.map(({ name }) => name)).toContain('Mixed_y/Leaky_side/LeakyRelu_y');
  });

  test('tells overloads apart', async () => {
    const overloaded = (name: string, operator: string) =>
      body('Turn', ['x'], ['y'], [node(operator, ['x'], ['y'])], { overload: name });
    const source = model(
      [
        { ...call('Turn', ['x'], ['z']), overload: 'one' },
        { ...call('Turn', ['z'], ['y']), overload: 'two' },
      ],
      [overloaded('one', 'Neg'), overloaded('two', 'Exp')],
    );
    expect(inlineFunctions(source).graph!.node.map(({ opType }) => opType)).toEqual(['Neg', 'Exp']);
  });

  test('keeps what a body says of the types of its values', () => {
    const typed = { ...MIXED, valueInfo: [info('hidden'), info('b')] };
    const inlined = inlineFunctions(model([call('Mixed', ['x'], ['y'])], [typed, LEAKY]));
    expect(inlined.graph!.valueInfo).toEqual([info('Mixed_y/hidden')]);
  });

  test('adds the operator sets that only bodies need', () => {
    const gelu = body('Act', ['x'], ['y'], [node('FastGelu', ['x'], ['y'], [], 'com.microsoft')], {
      opsetImport: [{ version: 18 }, { domain: 'com.microsoft', version: 1 }],
    });
    expect(inlineFunctions(model([call('Act', ['x'], ['y'])], [gelu])).opsetImport).toEqual([
      { domain: '', version: 18 },
      { domain: 'com.microsoft', version: 1 },
    ]);
  });

  test('takes a body of another operator set where the operators in it are the same in both', async () => {
    const later = { ...LEAKY, opsetImport: [{ version: 21 }] };
    const inlined = inlineFunctions(model([call('Leaky', ['x'], ['y'])], [later]));
    expect(numbers((await runModel(inlined, { x }))['y'])).toEqual([-1, 0.5, 1]);
  });

  const recursive = body('Loop', ['x'], ['y'], [call('Loop', ['x'], ['y'])]);
  const old = body('Sum', ['x'], ['y'], [node('ReduceSum', ['x'], ['y'], [{ name: 'axes', type: 7, ints: [0n] }])], {
    opsetImport: [{ version: 11 }],
  });

  test.each<[string, ModelProto, RegExp]>([
    [
      'a function that calls itself',
      model([call('Loop', ['x'], ['y'])], [recursive]),
      /\(Loop\): the function calls itself/,
    ],
    [
      'more inputs than the function has',
      model([call('Leaky', ['x', 'x'], ['y'])], [LEAKY]),
      /"Leaky_y" \(Leaky\).*1 inputs.*the call 2/,
    ],
    [
      'a body for another version of an operator',
      model([call('Sum', ['x'], ['y'])], [old]),
      /"Sum_y" \(Sum\).*version 11.*"ai.onnx".*the model for 18.*ReduceSum is not the same/,
    ],
  ])('refuses %s', (_, source, message) => {
    expect(() => inlineFunctions(source)).toThrow(message);
  });
});
