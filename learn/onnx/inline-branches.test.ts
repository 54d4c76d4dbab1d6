import { describe, expect, test } from 'vitest';
import { float32, numbers, runModel } from './fixtures/run-model.js';
import { inlineConstantBranches } from './inline-branches.js';
import type { AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto } from './messages.js';

function node(opType: string, input: string[], output: string[], attribute: AttributeProto[] = []): NodeProto {
  return { opType, input, output, attribute, name: `${opType}_${output[0]}` };
}

function info(name: string): ValueInfoProto {
  return { name, type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 2 }] } } } };
}

const bool = (name: string, value: number): TensorProto => ({
  name,
  dims: [],
  dataType: 9,
  rawData: Uint8Array.of(value),
});
const floats = (name: string, ...values: number[]): TensorProto => ({
  name,
  dims: [values.length],
  dataType: 1,
  rawData: new Uint8Array(Float32Array.from(values).buffer),
});
const constant = (name: string, t: TensorProto) => node('Constant', [], [name], [{ name: 'value', type: 4, t }]);

/** A branch that gives out a condition. */
function judging(nodes: NodeProto[], name: string): GraphProto {
  return { ...branch(nodes, []), output: [{ name, type: { tensorType: { elemType: 9, shape: { dim: [] } } } }] };
}

function branch(nodes: NodeProto[], outputs: string[], initializer: TensorProto[] = []): GraphProto {
  return { name: 'branch', node: nodes, initializer, input: [], output: outputs.map(info) };
}

function decide(condition: string, output: string[], yes: GraphProto, no: GraphProto): NodeProto {
  return node('If', [condition], output, [
    { name: 'then_branch', type: 5, g: yes },
    { name: 'else_branch', type: 5, g: no },
  ]);
}

function model(nodes: NodeProto[], initializer: TensorProto[] = [], outputs = ['y']): ModelProto {
  return {
    irVersion: 10,
    opsetImport: [{ version: 21 }],
    graph: { name: 'g', node: nodes, initializer, input: [info('x')], output: outputs.map(info) },
  };
}

const x = float32([2], [1, -2]);
const YES = branch([node('Neg', ['x'], ['z']), node('Exp', ['z'], ['w'])], ['w']);
const NO = branch([node('Abs', ['x'], ['z'])], ['z']);
const yes = bool('yes', 1);
const no = bool('no', 0);
/** Both branches, at any depth. */
const typesOf = ({ node: nodes }: GraphProto) => nodes.map(({ opType }) => opType);

describe('inlining the branch that a constant chooses', () => {
  test.each<[string, ModelProto]>([
    ['from a stored tensor', model([decide('yes', ['y'], YES, NO)], [yes])],
    ['the other one', model([decide('no', ['y'], YES, NO)], [no])],
    ['from a Constant node', model([constant('c', bool('', 1)), decide('c', ['y'], YES, NO)])],
    [
      'from a computation with constants',
      model(
        [
          constant('two', { dims: [], dataType: 7, rawData: new Uint8Array(BigInt64Array.of(2n).buffer) }),
          node('Equal', ['two', 'two'], ['same']),
          node('Not', ['same'], ['differs']),
          node('Cast', ['differs'], ['number'], [{ name: 'to', type: 2, i: 1n }]),
          node('Or', ['differs', 'yes'], ['either']),
          decide('either', ['y'], YES, NO),
        ],
        [yes],
      ),
    ],
    [
      'twice, with the same names inside',
      model([decide('yes', ['a'], YES, NO), decide('no', ['b'], NO, YES), node('Add', ['a', 'b'], ['y'])], [yes, no]),
    ],
    [
      'within another',
      model(
        [decide('yes', ['y'], branch([decide('no', ['inner'], NO, YES), node('Neg', ['inner'], ['n'])], ['n']), NO)],
        [yes, no],
      ),
    ],
    [
      'within one that only the run chooses',
      model(
        [
          node('ReduceSum', ['x'], ['sum'], [{ name: 'keepdims', type: 2, i: 0n }]),
          node('Cast', ['sum'], ['open'], [{ name: 'to', type: 2, i: 9n }]),
          decide('open', ['y'], branch([decide('no', ['inner'], NO, YES)], ['inner']), NO),
        ],
        [no],
      ),
    ],
    [
      'by a condition that a branch gives out',
      model(
        [
          decide('yes', ['c'], judging([node('Not', ['no'], ['n'])], 'n'), judging([node('Not', ['yes'], ['n'])], 'n')),
          decide('c', ['y'], YES, NO),
        ],
        [yes, no],
      ),
    ],
  ])('%s changes no result', async (_, source) => {
    const inlined = inlineConstantBranches(source);
    const expected = await runModel(source, { x });
    expect(await runModel(inlined, { x })).toEqual(expected);
    expect(Object.values(expected).flatMap(numbers).every(Number.isFinite)).toBe(true);
  });

  // ONNX Runtime itself refuses a branch that gives out a value of the graph around; ONNX does not.
  test('takes along its tensors, and values that are given out twice or as they are', async () => {
    const given = branch([node('Add', ['x', 'own'], ['sum'])], ['sum', 'sum', 'own', 'x'], [floats('own', 3, 4)]);
    const outputs = ['y', 'second', 'third', 'fourth'];
    const results = await runModel(inlineConstantBranches(model([decide('yes', outputs, given, NO)], [yes], outputs)), {
      x,
    });
    expect(outputs.map((name) => numbers(results[name]))).toEqual([
      [4, 2],
      [4, 2],
      [3, 4],
      [1, -2],
    ]);
  });

  test('leaves no If behind where all conditions are constants', () => {
    const source = model(
      [decide('yes', ['a'], YES, NO), decide('no', ['b'], NO, YES), node('Add', ['a', 'b'], ['y'])],
      [yes, no],
    );
    const { graph } = inlineConstantBranches(source);
    expect(typesOf(graph!)).toEqual(['Neg', 'Exp', 'Neg', 'Exp', 'Add']);
    const made = graph!.node.flatMap(({ output }) => output);
    expect(new Set(made).size).toBe(made.length);
    expect(made).toEqual(['If_a/z', 'a', 'If_b/z', 'b', 'y']);
  });

  test('keeps an If whose condition only the run tells, and the model without any as it is', () => {
    const open = model([node('Cast', ['x'], ['c'], [{ name: 'to', type: 2, i: 9n }]), decide('c', ['y'], YES, NO)]);
    expect(typesOf(inlineConstantBranches(open).graph!)).toEqual(['Cast', 'If']);
    const plain = model([node('Neg', ['x'], ['y'])]);
    expect(inlineConstantBranches(plain)).toBe(plain);
  });

  test('names the node that lacks the branch it chooses', () => {
    const broken = model([{ ...decide('yes', ['y'], YES, NO), attribute: [] }], [yes]);
    expect(() => inlineConstantBranches(broken)).toThrow(/node "If_y" \(If\) has no then_branch/);
  });
});
