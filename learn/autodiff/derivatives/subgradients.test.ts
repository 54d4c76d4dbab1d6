/** Gradients at kinks, ties and origins, where no finite difference decides: the convention is stated here. */
import { expect, test } from 'vitest';
import type { Tensor } from '../../../runtime/tensor.js';
import { float32, int64, numbers, runModel } from '../../onnx/fixtures/run-model.js';
import { Arithmetic, GraphBuilder, type Value } from '../../onnx/index.js';
import { differentiate } from '../differentiate.js';

type Build = (graph: GraphBuilder, inputs: readonly Value[], math: Arithmetic) => Value;

/** The gradients of the sum of what is built, for inputs that are lists. */
async function gradients(inputs: readonly (readonly number[])[], build: Build): Promise<number[][]> {
  const graph = new GraphBuilder('point');
  const feeds: Record<string, Tensor> = {};
  const values = inputs.map((list, index) => {
    feeds[`x${index}`] = float32([list.length], list);
    return graph.input(`x${index}`, 'float32', [list.length]);
  });
  const math = new Arithmetic(graph);
  graph.output(math.sum(build(graph, values, math)), 'y');
  const names = Object.keys(feeds);
  const seed = { 'grad/y': float32([], [1]) };
  const results = await runModel(differentiate(graph.toModel(), { output: 'y', withRespectTo: names }), {
    ...feeds,
    ...seed,
  });
  return names.map((name) => numbers(results[`grad/${name}`]));
}

const op =
  (type: string, attributes: Parameters<GraphBuilder['op']>[2] = {}): Build =>
  (graph, values) =>
    graph.op(type, values, attributes);

const INFINITY = Number.POSITIVE_INFINITY;

test.each<[string, Build, number[][], number[][]]>([
  ['Relu gives 0 at 0', op('Relu'), [[-1, 0, 1]], [[0, 0, 1]]],
  ['LeakyRelu takes the smaller slope at 0', op('LeakyRelu', { alpha: 0.25 }), [[-1, 0, 1]], [[0.25, 0.25, 1]]],
  ['PRelu takes the slope below at 0', op('PRelu'), [[-1, 0, 1], [0.25]], [[0.25, 0.25, 1], [-1]]],
  ['Abs gives 0 at 0', op('Abs'), [[-2, 0, 2]], [[-1, 0, 1]]],
  ['ThresholdedRelu gives 0 at the threshold', op('ThresholdedRelu', { alpha: 1 }), [[0.5, 1, 2]], [[0, 0, 1]]],
  ['ReduceL1 gives 0 at 0', op('ReduceL1'), [[-2, 0, 2]], [[-1, 0, 1]]],
  ['ReduceL2 gives 0 at the origin', op('ReduceL2'), [[0, 0]], [[0, 0]]],
  ['ReduceL2 is as usual elsewhere', op('ReduceL2'), [[3, 0, -4]], [[0.6, 0, -0.8]]],
  ['LpNormalization gives 0 at the origin', op('LpNormalization'), [[0, 0]], [[0, 0]]],
  [
    'Max shares among those that are equal',
    op('Max'),
    [
      [1, 2],
      [1, 0],
      [1, 2],
    ],
    [
      [1 / 3, 0.5],
      [1 / 3, 0],
      [1 / 3, 0.5],
    ],
  ],
  ['ReduceMax shares among those that are equal', op('ReduceMax'), [[2, 1, 2]], [[0.5, 0, 0.5]]],
  ['ReduceProd: nothing has a gradient beside two zeros', op('ReduceProd'), [[0, 3, 0]], [[0, 0, 0]]],
  ['ReduceProd: only the zero has one where it is alone', op('ReduceProd'), [[2, 0, 3]], [[0, 6, 0]]],
  ['ReduceLogSumExp of nothing but -inf', op('ReduceLogSumExp'), [[-INFINITY, -INFINITY]], [[0, 0]]],
  ['ReduceLogSumExp with one -inf', op('ReduceLogSumExp'), [[-INFINITY, 5]], [[0, 1]]],
  [
    'ScatterElements shares a maximum among all that reach it',
    (graph, [data, updates], math) =>
      graph.op('ScatterElements', [data, math.integers([0, 0, 1]), updates], { reduction: 'max' }),
    [
      [2, 5],
      [2, 2, 1],
    ],
    [
      [1 / 3, 1],
      [1 / 3, 1 / 3, 0],
    ],
  ],
])('%s', async (_, build, inputs, expected) => {
  const actual = await gradients(inputs, build);
  for (const [index, list] of expected.entries()) {
    expect(actual[index]).toHaveLength(list.length);
    for (const [place, value] of list.entries()) expect(actual[index]![place]).toBeCloseTo(value, 6);
  }
});

test('repeated indices never meet in ScatterND, whose threads lose sums', () => {
  const graph = new GraphBuilder('embedding');
  const table = graph.input('table', 'float32', [100, 8]);
  const rows = graph.input('rows', 'int64', ['N']);
  const tuples = graph.input('tuples', 'int64', ['N', 1]);
  const y = graph.op('Add', [graph.op('Gather', [table, rows]), graph.op('GatherND', [table, tuples])]);
  graph.output(graph.op('ScatterND', [y, tuples, y], { reduction: 'mul' }), 'y');
  const forward = 1;
  const { graph: whole } = differentiate(graph.toModel(), { output: 'y', withRespectTo: ['table'] });
  expect(whole!.node.filter(({ opType }) => opType === 'ScatterND')).toHaveLength(forward);
});

test('indices that count from the end reach the same rows', async () => {
  const graph = new GraphBuilder('rows');
  const table = graph.input('table', 'float32', [2, 3, 2]);
  const y = graph.op('Gather', [table, graph.input('rows', 'int64', ['N'])], { axis: 1 });
  graph.output(y, 'y');
  const model = differentiate(graph.toModel(), { output: 'y', withRespectTo: ['table'] });
  const zeros = new Array<number>(12).fill(0);
  const seed = float32(
    [2, 2, 2],
    zeros.slice(0, 8).map((_, index) => index + 1),
  );
  const at = (list: number[]) =>
    runModel(model, { table: float32([2, 3, 2], zeros), rows: int64([2], list), 'grad/y': seed });
  const [fromFront, fromEnd] = [await at([2, 0]), await at([-1, -3])];
  expect(numbers(fromFront['grad/table'])).toEqual([3, 4, 0, 0, 1, 2, 7, 8, 0, 0, 5, 6]);
  expect(fromEnd['grad/table']).toEqual(fromFront['grad/table']);
});
