import { describe, expect, test } from 'vitest';
import { bool, float32, float64, int64, numbers, runModel } from '../onnx/fixtures/run-model.js';
import { Arithmetic, GraphBuilder, type ModelProto, type Shape, type Value } from '../onnx/index.js';
import { differentiate, reverseWalk } from './index.js';

/** A model with one float64 input `x`, whose output `y` is what `formula` makes of it. */
function model(shape: Shape, formula: (math: Arithmetic, x: Value, graph: GraphBuilder) => Value) {
  const graph = new GraphBuilder('formula');
  const x = graph.input('x', 'float64', shape);
  graph.output(formula(new Arithmetic(graph), x, graph), 'y');
  return graph.toModel();
}

async function gradientOf(values: number[], formula: (math: Arithmetic, x: Value, graph: GraphBuilder) => Value) {
  const differentiated = differentiate(
    model(['N'], (math, x, graph) => math.sum(formula(math, x, graph))),
    { output: 'y', withRespectTo: ['x'], seed: 'ones' },
  );
  return numbers((await runModel(differentiated, { x: float64([values.length], values) }))['grad/x']);
}

describe('differentiate', () => {
  test('sums what several uses of a value contribute', async () => {
    // x * x + sin x: 2 x + cos x
    const gradient = await gradientOf([0, 1, 2], (math, x, graph) => math.add(math.mul(x, x), graph.op('Sin', [x])));
    for (const [index, x] of [0, 1, 2].entries()) expect(gradient[index]).toBeCloseTo(2 * x + Math.cos(x), 12);
  });

  test('keeps inputs and outputs of the model and adds a seed of the output’s type and shape', async () => {
    const differentiated = differentiate(
      model(['N', 2], (math, x) => math.square(x)),
      { output: 'y', withRespectTo: ['x'] },
    );
    const { input, output } = differentiated.graph!;
    expect(input.map(({ name }) => name)).toEqual(['x', 'grad/y']);
    expect(output.map(({ name }) => name)).toEqual(['y', 'grad/x']);
    const dims = [{ dimParam: 'N' }, { dimValue: 2 }];
    for (const value of [input[1]!, output[1]!])
      expect(value.type!.tensorType).toEqual({ elemType: 11, shape: { dim: dims } });
    const results = await runModel(differentiated, { x: float64([1, 2], [3, 4]), 'grad/y': float64([1, 2], [1, 10]) });
    expect(numbers(results['y'])).toEqual([9, 16]);
    expect(numbers(results['grad/x'])).toEqual([6, 80]);
  });

  test('gives zeros of the right shape where the output does not depend on a value', async () => {
    const graph = new GraphBuilder('free');
    const x = graph.input('x', 'float32', ['N']);
    graph.input('free', 'float32', ['N', 2]);
    graph.output(new Arithmetic(graph).square(x), 'y');
    const differentiated = differentiate(graph.toModel(), { output: 'y', withRespectTo: ['x', 'free'] });
    const feeds = { x: float32([2], [1, 2]), free: float32([2, 2], [1, 2, 3, 4]), 'grad/y': float32([2], [1, 1]) };
    expect((await runModel(differentiated, feeds))['grad/free']).toEqual(float32([2, 2], [0, 0, 0, 0]));
  });

  test('reaches stored tensors and values between', async () => {
    const graph = new GraphBuilder('between');
    const math = new Arithmetic(graph);
    const x = graph.input('x', 'float32', []);
    const weight = graph.initializer('weight', float32([], [3]));
    const between = math.mul(x, weight, { name: 'between' });
    graph.output(math.square(between), 'y');
    const differentiated = differentiate(graph.toModel(), {
      output: 'y',
      withRespectTo: ['weight', 'between'],
      seed: 'ones',
    });
    const results = await runModel(differentiated, { x: float32([], [2]) });
    expect(numbers(results['grad/between'])).toEqual([12]);
    expect(numbers(results['grad/weight'])).toEqual([24]);
  });

  test('gives second derivatives when the walk goes back over its own nodes', async () => {
    const graph = new GraphBuilder('curvature');
    const math = new Arithmetic(graph);
    const x = graph.input('x', 'float64', ['N']);
    const y = math.add(math.pow(x, 3), math.exp(x));
    const [slope] = reverseWalk(graph, y, math.onesLike(y), [x]);
    const [curvature] = reverseWalk(graph, slope!, math.onesLike(slope!), [x]);
    graph.output(curvature!, 'curvature');
    const results = await runModel(graph.toModel(), { x: float64([2], [2, -1]) });
    expect(numbers(results['curvature'])[0]).toBeCloseTo(12 + Math.exp(2), 12);
    expect(numbers(results['curvature'])[1]).toBeCloseTo(-6 + Math.exp(-1), 12);
  });

  test('names node and operator where there is no derivative', () => {
    const noRow = model(['N'], (math, x, graph) => math.mul(x, graph.op('HardSigmoid', [x], {}, { name: 'gate' })));
    const unknown = { ...noRow, graph: { ...noRow.graph!, node: noRow.graph!.node.map(withoutRow) } };
    unknown.graph.valueInfo = [
      { name: 'gate', type: { tensorType: { elemType: 11, shape: { dim: [{ dimParam: 'N' }] } } } },
    ];
    expect(() => differentiate(unknown, { output: 'y', withRespectTo: ['x'] })).toThrow(
      /cannot differentiate node "gate" \(Mystery\).*example.Mystery has no derivative/,
    );
  });

  test('names a branch that only the run chooses, though it reads the value inside alone', () => {
    const info = { type: { tensorType: { elemType: 11, shape: { dim: [{ dimParam: 'N' }] } } } };
    const branch = (opType: string) => {
      const node = { opType, input: ['x'], output: [opType], name: opType, attribute: [] };
      return { name: opType, node: [node], initializer: [], input: [], output: [{ name: opType, ...info }] };
    };
    const decide = {
      opType: 'If',
      name: 'decide',
      input: ['condition'],
      output: ['y'],
      attribute: [
        { name: 'then_branch', type: 5, g: branch('Exp') },
        { name: 'else_branch', type: 5, g: branch('Neg') },
      ],
    };
    const condition = { name: 'condition', type: { tensorType: { elemType: 9, shape: { dim: [] } } } };
    const source: ModelProto = {
      irVersion: 10,
      opsetImport: [{ version: 21 }],
      graph: {
        name: 'branches',
        node: [decide],
        initializer: [],
        input: [{ name: 'x', ...info }, condition],
        output: [{ name: 'y', ...info }],
      },
    };
    expect(() => differentiate(source, { output: 'y', withRespectTo: ['x'] })).toThrow(
      /cannot differentiate node "decide" \(If\)/,
    );
  });

  test('passes by an operator without derivative that the gradient does not need', async () => {
    const counts = model(['N'], (math, x, graph) => math.mul(x, math.cast(graph.op('Size', [x]), 'float64')));
    const results = await runModel(differentiate(counts, { output: 'y', withRespectTo: ['x'] }), {
      x: float64([3], [1, 2, 3]),
      'grad/y': float64([3], [1, 1, 1]),
    });
    expect(numbers(results['grad/x'])).toEqual([3, 3, 3]);
  });

  test('ends at a node that stops gradients', async () => {
    const gradient = await gradientOf([2, 3], (math, x, graph) =>
      math.mul(x, graph.op('Identity', [x], {}, { stopGradient: true })),
    );
    expect(gradient).toEqual([2, 3]);
  });

  test.each([
    ['an unknown value', { output: 'z', withRespectTo: ['x'] }, /no value "z"/],
    [
      'a seed of ones for more than a scalar',
      { output: 'y', withRespectTo: ['x'], seed: 'ones' as const },
      /only a scalar/,
    ],
    ['a gradient of integers', { output: 'y', withRespectTo: ['k'] }, /"k" holds int64/],
  ])('refuses %s', (_, options, message) => {
    const graph = new GraphBuilder('refused');
    const x = graph.input('x', 'float32', ['N']);
    graph.output(
      new Arithmetic(graph).mul(x, new Arithmetic(graph).cast(graph.input('k', 'int64', []), 'float32')),
      'y',
    );
    expect(() => differentiate(graph.toModel(), options)).toThrow(message);
  });
});

function withoutRow<N extends { readonly opType?: string }>(node: N): N {
  return node.opType === 'HardSigmoid' ? { ...node, opType: 'Mystery', domain: 'example', attribute: [] } : node;
}

describe('broadcasting between extents that only the run knows', () => {
  const sum = (() => {
    const graph = new GraphBuilder('open');
    const [a, b] = [graph.input('a', 'float64', ['A', 2]), graph.input('b', 'float64', ['K', 'B', 2])];
    graph.output(new Arithmetic(graph).mul(a, b), 'y');
    return differentiate(graph.toModel(), { output: 'y', withRespectTo: ['a', 'b'] });
  })();

  test.each([
    { rows: 3, others: 1 },
    { rows: 1, others: 3 },
    { rows: 3, others: 3 },
    { rows: 1, others: 1 },
  ])('sums over $rows against $others rows only what was repeated', async ({ rows, others }) => {
    const count = Math.max(rows, others);
    const results = await runModel(sum, {
      a: float64([rows, 2], new Array(2 * rows).fill(2)),
      b: float64([4, others, 2], new Array(8 * others).fill(5)),
      'grad/y': float64([4, count, 2], new Array(8 * count).fill(1)),
    });
    expect(results['grad/a']).toEqual(float64([rows, 2], new Array(2 * rows).fill((4 * 5 * count) / rows)));
    expect(results['grad/b']).toEqual(float64([4, others, 2], new Array(8 * others).fill((2 * count) / others)));
  });
});

describe('at kinks and ties', () => {
  test.each<[string, number[], (math: Arithmetic, x: Value, graph: GraphBuilder) => Value, number[]]>([
    ['Relu takes 0 at 0', [0, -1, 1], (_, x, graph) => graph.op('Relu', [x]), [0, 0, 1]],
    ['Abs takes 0 at 0', [0, -1, 1], (_, x, graph) => graph.op('Abs', [x]), [0, -1, 1]],
    ['Max shares a tie', [1, 2, 3], (math, x) => math.max(x, 2), [0, 0.5, 1]],
    ['Min shares a tie', [1, 2, 3], (math, x) => math.min(x, 2), [1, 0.5, 0]],
    ['ReduceMax shares a tie', [3, 1, 3], (math, x) => math.maximum(x), [0.5, 0, 0.5]],
    [
      'Clip passes the gradient at its limits',
      [-1, 0, 1, 2],
      (math, x, graph) => graph.op('Clip', [x, math.scalar(-1, 'float64'), math.scalar(1, 'float64')]),
      [1, 1, 1, 0],
    ],
    ['x^0 is flat, at 0 too', [0, 2], (math, x) => math.pow(x, 0), [0, 0]],
    ['x^2 at 0', [0, -2], (math, x) => math.pow(x, 2), [0, -4]],
    ['Sqrt grows without bound at 0', [0, 4], (math, x) => math.sqrt(x), [Number.POSITIVE_INFINITY, 0.25]],
  ])('%s', async (_, values, formula, expected) => {
    expect(await gradientOf(values, formula)).toEqual(expected);
  });
});

describe('the gradient', () => {
  test('goes through a Cast in the type of the input', async () => {
    const graph = new GraphBuilder('cast');
    const x = graph.input('x', 'float64', ['N']);
    graph.output(new Arithmetic(graph).mul(new Arithmetic(graph).cast(x, 'float32'), 3), 'y');
    const results = await runModel(differentiate(graph.toModel(), { output: 'y', withRespectTo: ['x'] }), {
      x: float64([2], [1, 2]),
      'grad/y': float32([2], [1, 2]),
    });
    expect(results['grad/x']).toEqual(float64([2], [3, 6]));
  });

  test('of Dropout in training follows the mask that the node gave out', async () => {
    const graph = new GraphBuilder('dropout');
    const x = graph.input('x', 'float32', ['N']);
    const ratio = graph.constant(float32([], [0.25]));
    const [y, mask] = graph.ops('Dropout', [x, ratio, graph.constant(bool([], [true]))], { seed: 3 }, 2);
    graph.output(y!, 'y');
    graph.output(mask!, 'mask');
    const results = await runModel(differentiate(graph.toModel(), { output: 'y', withRespectTo: ['x'] }), {
      x: float32([64], new Array(64).fill(2)),
      'grad/y': float32([64], new Array(64).fill(3)),
    });
    const kept = numbers(results['mask']);
    expect(new Set(kept)).toEqual(new Set([0, 1]));
    expect(results['grad/x']).toEqual(
      float32(
        [64],
        kept.map((flag) => (flag * 3) / 0.75),
      ),
    );
  });

  test('of a gather with repeated rows of a symbolic table adds them up', async () => {
    const graph = new GraphBuilder('table');
    const table = graph.input('table', 'float32', ['V', 2]);
    graph.output(graph.op('Gather', [table, graph.input('rows', 'int64', ['K'])]), 'y');
    const results = await runModel(differentiate(graph.toModel(), { output: 'y', withRespectTo: ['table'] }), {
      table: float32([3, 2], [1, 2, 3, 4, 5, 6]),
      rows: int64([4], [2, 2, 0, -1]),
      'grad/y': float32([4, 2], [1, 1, 1, 1, 1, 1, 1, 1]),
    });
    expect(results['grad/table']).toEqual(float32([3, 2], [1, 1, 0, 0, 3, 3]));
  });
});
