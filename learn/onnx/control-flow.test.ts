import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../runtime/tensor.js';
import { graphOf, info, inner, int, ints, modelOf, node } from './fixtures/protos.js';
import { bool, float32, int64, numbers, runModel } from './fixtures/run-model.js';
import { GraphBuilder, importModel, type ModelProto, toTensorProto } from './index.js';

const INT64 = 7;
const BOOL = 9;

function imported(model: ModelProto): GraphBuilder {
  const graph = new GraphBuilder('new');
  for (const output of importModel(graph, model).outputs) graph.output(output);
  return graph;
}

/** Runs the model as the file has it and as we wrote it. */
async function same(model: ModelProto, feeds: Record<string, Tensor>): Promise<Record<string, Tensor>> {
  const { graph } = model;
  // Without types: onnxruntime finds them itself.
  const output = graph!.output.map(({ name }) => ({ name: name! }));
  const before = await runModel({ ...model, graph: { ...graph!, output } }, feeds);
  const after = await runModel(imported(model).toModel(), feeds);
  expect(after).toEqual(before);
  return after;
}

/** Sums axis 1 as set 11 writes it, and adds the outer value `w`. */
const summing = graphOf(
  [node('ReduceSum', ['x'], ['s'], [ints('axes', 1), int('keepdims', 0)]), node('Add', ['s', 'w'], ['r'])],
  [],
  [info('r', ['N', 4])],
);
const first = graphOf([node('Gather', ['x', 'zero'], ['r'], [int('axis', 1)])], [], [info('r', ['N', 4])], {
  initializer: [toTensorProto(int64([], [0]), 'zero')],
});
const w = toTensorProto(float32([4], [1, 2, 3, 4]), 'w');
const x = float32([1, 2, 4], [1, 2, 3, 4, 5, 6, 7, 8]);

describe('If', () => {
  const nodes = [node('If', ['p'], ['y'], [inner('then_branch', summing), inner('else_branch', first)])];
  const model = modelOf(11, nodes, { input: [info('x', ['N', 2, 4]), info('p', [], BOOL)], initializer: [w] });

  test('has branches of the present operator set that read outer values', async () => {
    await same(model, { x, p: bool([], [true]) });
    await same(model, { x, p: bool([], [false]) });
  });

  test('gives what is true of both branches', () => {
    expect(imported(model).outputs[0]!.shape).toEqual(['N', 4]);
    const short = graphOf([node('Identity', ['w'], ['r'])], [], [info('r', [4])]);
    const differ = [node('If', ['p'], ['y'], [inner('then_branch', summing), inner('else_branch', short)])];
    expect(() => imported({ ...model, graph: { ...model.graph!, node: differ } })).toThrow(
      /\(If\): output 0 is of shape \[N, 4\] or \[4\]/,
    );
  });

  test('may give out what stands outside of it', async () => {
    const outer = graphOf([], [], [info('w', [4])]);
    const own = graphOf([node('Neg', ['w'], ['n'])], [], [info('n', [4])]);
    const nested = [node('If', ['p'], ['y'], [inner('then_branch', outer), inner('else_branch', own)])];
    // Onnxruntime itself wants an Identity here.
    const graph = imported({ ...model, graph: { ...model.graph!, node: nested } });
    const results = await runModel(graph.toModel(), { x, p: bool([], [true]) });
    expect(numbers(results['y'])).toEqual([1, 2, 3, 4]);
  });

  test('may stand in another If', async () => {
    const within = graphOf(
      [
        node('Not', ['p'], ['q']),
        node('If', ['q'], ['r'], [inner('then_branch', summing), inner('else_branch', first)]),
      ],
      [],
      [info('r', ['N', 4])],
    );
    const nested = [node('If', ['p'], ['y'], [inner('then_branch', within), inner('else_branch', first)])];
    await same({ ...model, graph: { ...model.graph!, node: nested } }, { x, p: bool([], [true]) });
  });

  test.each<[string, ReturnType<typeof node>, RegExp]>([
    ['without a branch', node('If', ['p'], ['y'], [inner('then_branch', summing)]), /has no graph "else_branch"/],
    [
      'whose branches differ in their number of outputs',
      node('If', ['p'], ['y'], [inner('then_branch', summing), inner('else_branch', graphOf([], [], []))]),
      /different numbers of outputs/,
    ],
    [
      'whose branches differ in their element types',
      node(
        'If',
        ['p'],
        ['y'],
        [
          inner('then_branch', graphOf([], [], [info('w', [4])])),
          inner('else_branch', graphOf([], [], [info('p', [])])),
        ],
      ),
      /is float32 or bool: it must have one element type/,
    ],
    [
      'whose branch reads what is not there',
      node(
        'If',
        ['p'],
        ['y'],
        [
          inner('then_branch', graphOf([node('Neg', ['nothing'], ['r'])], [], [info('r', [])])),
          inner('else_branch', first),
        ],
      ),
      /reads "nothing", which no input/,
    ],
  ])('%s is refused', (_, broken, message) => {
    expect(() => imported({ ...model, graph: { ...model.graph!, node: [broken] } })).toThrow(message);
  });
});

describe('Loop', () => {
  const loopOver = (body: ReturnType<typeof graphOf>, output: string[]) =>
    modelOf(11, [node('Loop', ['count', 'go', 'x'], output, [inner('body', body)])], {
      input: [info('x', ['N', 2, 4])],
      output: output.map((name) => info(name, [])),
      initializer: [w, toTensorProto(int64([], [3]), 'count'), toTensorProto(bool([], [true]), 'go')],
    });
  // Of the state only the type is declared.
  const state = { name: 'h', type: { tensorType: { elemType: 1 } } };
  const inputs = [info('i', [], INT64), info('c', [], BOOL), state];

  test('carries a state whose shape stays, and collects', async () => {
    const nodes = [
      node('Add', ['h', 'w'], ['next']),
      node('ReduceSum', ['next'], ['part'], [ints('axes', 2), int('keepdims', 0)]),
      node('Identity', ['c'], ['go_on']),
    ];
    const body = graphOf(nodes, inputs, [info('go_on', [], BOOL), { name: 'next' }, { name: 'part' }]);
    const model = loopOver(body, ['y', 'parts']);
    await same(model, { x });
    const shapes = imported(model).outputs.map(({ shape }) => shape);
    expect(shapes).toEqual([
      ['N', 2, 4],
      [expect.stringMatching(/^unknown_/), 'N', 2],
    ]);
  });

  test('leaves open what a round changes', async () => {
    const nodes = [node('Concat', ['h', 'h'], ['next'], [int('axis', 1)]), node('Identity', ['c'], ['go_on'])];
    const model = loopOver(graphOf(nodes, inputs, [info('go_on', [], BOOL), { name: 'next' }]), ['y']);
    const results = await same(model, { x });
    expect(results['y']!.shape).toEqual([1, 16, 4]);
    expect(imported(model).outputs[0]!.shape).toEqual(['N', expect.stringMatching(/^unknown_/), 4]);
  });

  test('whose body has another number of values is refused', () => {
    const body = graphOf([node('Identity', ['c'], ['go_on'])], inputs, [info('go_on', [], BOOL)]);
    expect(() => imported(loopOver(body, ['y']))).toThrow(/gives out 1 values for 2 or more/);
    expect(() => imported(loopOver({ ...body, input: inputs.slice(1) }, ['y']))).toThrow(/takes 2 inputs, not 3/);
  });
});

describe('Scan', () => {
  const body = graphOf(
    [node('Add', ['h', 'slice'], ['next']), node('Identity', ['next'], ['part'])],
    [info('h', [2]), info('slice', [2])],
    [info('next', [2]), info('part', [2])],
  );
  const scan = (more: readonly ReturnType<typeof ints>[] = []) =>
    modelOf(
      11,
      [node('Scan', ['start', 'x'], ['last', 'y'], [inner('body', body), int('num_scan_inputs', 1), ...more])],
      {
        input: [info('x', ['N', 2])],
        output: [info('last', []), info('y', [])],
        initializer: [toTensorProto(float32([2], [0, 1]), 'start')],
      },
    );

  test('runs over the first axis', async () => {
    await same(scan(), { x: float32([3, 2], [1, 2, 3, 4, 5, 6]) });
    expect(imported(scan()).outputs.map(({ shape }) => shape)).toEqual([[2], ['N', 2]]);
  });

  test('runs over another axis, and collects along another', async () => {
    const model = scan([ints('scan_input_axes', 1), ints('scan_output_axes', 1)]);
    const graph = { ...model.graph!, input: [info('x', [2, 5])] };
    await same({ ...model, graph }, { x: float32([2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) });
    expect(imported({ ...model, graph }).outputs[1]!.shape).toEqual([2, 5]);
  });
});

test('loops in loops that would be gone through without end are refused', () => {
  // A state of many axes, each of which a round leaves open, at each of many levels.
  const axes = new Array<number>(10).fill(1);
  let body = graphOf([node('Identity', ['c'], ['go']), node('Identity', ['h'], ['n'])], [], []);
  for (let level = 0; level < 12; level++) {
    const grown = axes.map((_, axis) =>
      node('Concat', [axis === 0 ? 'h' : `a${axis - 1}`, 'h'], [`a${axis}`], [int('axis', axis)]),
    );
    const loop = node('Loop', ['', 'c', 'h'], ['n'], [inner('body', body)]);
    const [nodes, result] = level === 0 ? [grown, 'a9'] : [[loop, ...grown], 'a9'];
    body = {
      ...graphOf(
        [...nodes, node('Identity', ['c'], ['go'])],
        [info('i', [], INT64), info('c', [], BOOL), info('h', [])],
        [],
      ),
      output: [info('go', [], BOOL), info(result, [])],
    };
  }
  const model = modelOf(13, [node('Loop', ['', 'go', 'x'], ['y'], [inner('body', body)])], {
    input: [info('x', axes), info('go', [], BOOL)],
  });
  expect(() => imported(model)).toThrow(/too many graphs inside graphs/);
});
