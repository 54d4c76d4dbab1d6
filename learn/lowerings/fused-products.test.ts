import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../runtime/tensor.js';
import { reverseWalk } from '../autodiff/index.js';
import { float32, loadModel, numbers } from '../onnx/fixtures/run-model.js';
import { Arithmetic, GraphBuilder, type Value } from '../onnx/index.js';
import { simplify } from '../onnx/simplify/simplify.js';
import { random, STREAMS } from '../random.js';
import { fuseProducts } from './fused-products.js';

type Write = (
  math: Arithmetic,
  input: (name: string, shape: readonly (number | string)[]) => Value,
) => readonly Value[];

const EXTENTS: Readonly<Record<string, number>> = { N: 3 };

/** The same graph, plain and fused, with what feeds both. */
function both(write: Write) {
  const graph = new GraphBuilder('products');
  const feeds: Record<string, Tensor> = {};
  const outputs = write(new Arithmetic(graph), (name, shape) => {
    const extents = shape.map((dim) => (typeof dim === 'number' ? dim : EXTENTS[dim]!));
    const draws = random(3, STREAMS.user, Object.keys(feeds).length);
    const count = extents.reduce((product, extent) => product * extent, 1);
    feeds[name] = float32(
      extents,
      Float32Array.from({ length: count }, () => draws.normal()),
    );
    return graph.input(name, 'float32', shape);
  });
  for (const [index, output] of outputs.entries()) graph.output(output, `output_${index}`);
  const fused = simplify(fuseProducts(graph, 'products'), 'products').graph;
  return { plain: graph, fused, feeds };
}

async function results(graph: GraphBuilder, feeds: Readonly<Record<string, Tensor>>, threads = 1) {
  const loaded = await loadModel(graph.toModel(), { intraOpNumThreads: threads });
  try {
    return await loaded.run(feeds);
  } finally {
    await loaded.release();
  }
}

async function expectSame(write: Write): Promise<GraphBuilder> {
  const { plain, fused, feeds } = both(write);
  const [expected, actual, threaded] = [
    await results(plain, feeds),
    await results(fused, feeds),
    await results(fused, feeds, 2),
  ];
  for (const [name, { shape }] of Object.entries(expected)) {
    expect(actual[name]!.shape).toEqual(shape);
    const values = numbers(actual[name]);
    for (const [index, value] of numbers(expected[name]).entries()) expect(values[index]).toBeCloseTo(value, 4);
    expect(numbers(threaded[name])).toEqual(values);
  }
  return fused;
}

const count = ({ nodes }: GraphBuilder, type: string): number => nodes.filter((node) => node.type === type).length;

describe('a product whose factor is turned round', () => {
  test.each<[string, Write, { transpositions: number; fused: number }]>([
    [
      'on the left',
      (math, input) => [math.matmul(math.transpose(input('a', ['N', 5, 4]), [0, 2, 1]), input('b', ['N', 5, 6]))],
      { transpositions: 0, fused: 1 },
    ],
    [
      'on the right',
      (math, input) => [math.matmul(input('a', ['N', 4, 5]), math.transpose(input('b', ['N', 6, 5]), [0, 2, 1]))],
      { transpositions: 0, fused: 1 },
    ],
    [
      'on both sides',
      (math, input) => [
        math.matmul(
          math.transpose(input('a', ['N', 5, 4]), [0, 2, 1]),
          math.transpose(input('b', ['N', 6, 5]), [0, 2, 1]),
        ),
      ],
      { transpositions: 0, fused: 1 },
    ],
    [
      'and its heads moved, which stays',
      (math, input) => [
        math.matmul(
          math.transpose(input('q', ['N', 7, 2, 5]), [0, 2, 1, 3]),
          math.transpose(input('k', ['N', 7, 2, 5]), [0, 2, 3, 1]),
        ),
      ],
      { transpositions: 2, fused: 1 },
    ],
    [
      'twice, back to where it was',
      (math, input) => {
        const turned = math.transpose(input('a', ['N', 4, 5]), [0, 2, 1]);
        return [math.matmul(math.transpose(turned, [0, 2, 1]), input('b', ['N', 5, 6]))];
      },
      { transpositions: 0, fused: 0 },
    ],
    [
      'and whose result is turned too',
      (math, input) => {
        const product = math.matmul(
          math.transpose(input('q', ['N', 2, 7, 5]), [0, 1, 3, 2]),
          input('s', ['N', 2, 7, 7]),
        );
        return [math.transpose(product, [0, 3, 1, 2])];
      },
      { transpositions: 1, fused: 1 },
    ],
  ])('%s is one node', async (_, write, { transpositions, fused }) => {
    const graph = await expectSame(write);
    expect(count(graph, 'Transpose')).toBe(transpositions);
    expect(count(graph, 'FusedMatMul')).toBe(fused);
  });

  test('stays as it is where more than the last two axes move, and the last one with them', async () => {
    const graph = await expectSame((math, input) => [
      math.matmul(math.transpose(input('a', [2, 4, 'N', 5]), [3, 2, 0, 1]), input('b', [5, 'N', 4, 6])),
    ]);
    expect(count(graph, 'FusedMatMul')).toBe(0);
  });

  test('stays where others read the product, or it is an output of the graph', async () => {
    const graph = await expectSame((math, input) => {
      const product = math.matmul(input('a', ['N', 4, 5]), input('b', ['N', 5, 6]));
      return [product, math.transpose(product, [0, 2, 1])];
    });
    expect(count(graph, 'FusedMatMul')).toBe(0);
    expect(graph.outputs.map(({ name }) => name)).toEqual(['output_0', 'output_1']);
  });
});

test('attention, forward and backward, moves each operand once, and never its last axis', async () => {
  const graph = await expectSame((math, input) => {
    const [queries, keys, values] = ['q', 'k', 'v'].map((name) => input(name, ['N', 7, 2, 5])) as [Value, Value, Value];
    const heads = (x: Value) => math.transpose(x, [0, 2, 1, 3]);
    const scores = math.matmul(heads(queries), math.transpose(keys, [0, 2, 3, 1]));
    const mixed = math.matmul(math.graph.op('Softmax', [scores], { axis: -1 }), heads(values));
    const loss = math.sum(math.square(heads(mixed)));
    const gradients = reverseWalk(math.graph, loss, math.onesLike(loss), [queries, keys, values]);
    return [loss, ...(gradients as Value[])];
  });
  const orders = graph.nodes.filter(({ type }) => type === 'Transpose').map((node) => node.attributes.numbers('perm'));
  // Three operands and the result there, as many gradients back.
  expect(orders).toEqual(Array.from({ length: 8 }, () => [0, 2, 1, 3]));
});
