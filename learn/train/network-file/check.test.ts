import { describe, expect, test } from 'vitest';
import { float32 } from '../../onnx/fixtures/run-model.js';
import { Arithmetic, GraphBuilder, readModel, type Value, writeModel } from '../../onnx/index.js';
import { checkNetwork } from './check.js';
import { fileOf } from './fixtures/files.js';
import type { NetworkFileWords } from './words.js';

/** A network as a file: one layer, and what `build` makes of it. */
function network(build: (graph: GraphBuilder, math: Arithmetic) => Value | readonly Value[]) {
  const graph = new GraphBuilder('test');
  const outputs = [build(graph, new Arithmetic(graph))].flat();
  for (const value of outputs) graph.output(value);
  return readModel(writeModel(graph.toModel()));
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => Math.sin(index));

const layer = (
  graph: GraphBuilder,
  x: Value,
  name: string,
  inputs: number,
  outputs: number,
  options?: { name: string },
) =>
  graph.op('MatMul', [x, graph.initializer(name, float32([inputs, outputs], numbers(inputs * outputs)))], {}, options);

const simple = (graph: GraphBuilder, x: Value) => layer(graph, x, 'fc.weight', 4, 2);

const words = (more: Partial<NetworkFileWords> = {}): NetworkFileWords => ({ trainable: 'all', ...more });

describe('a file of PyTorch', () => {
  test('is taken with all its weights, its running statistics apart', () => {
    expect(checkNetwork(fileOf('perceptron'), words())).toMatchObject({ classes: 2, notes: [] });
    const { trainable } = checkNetwork(fileOf('convolutions'), words());
    expect(trainable).toHaveLength(10);
    expect(trainable.filter((name) => name.includes('running'))).toEqual([]);
  });

  test('is taken with a fixed batch where nothing in it depends on that', () => {
    expect(checkNetwork(fileOf('fixed-batch'), words())).toMatchObject({ classes: 2 });
  });

  test('has each tensor that its exporter merged by itself again, and says so', () => {
    const { trainable, notes } = checkNetwork(fileOf('merged'), words());
    expect([...trainable].sort()).toEqual([...checkNetwork(fileOf('convolutions'), words()).trainable].sort());
    expect(notes).toEqual([
      expect.stringMatching(
        /^the exporter stored tensors once that were equal: "b1.weight", .* the new weights stores/,
      ),
    ]);
    expect(checkNetwork(fileOf('merged'), words({ trainable: ['c1.*', 'fc.*'] })).notes).toEqual([]);
  });

  test('tells of a tensor that layers share', () => {
    const tied = network((graph) => {
      const x = graph.input('x', 'float32', ['N', 4]);
      const weight = graph.initializer('tied.weight', float32([4, 4], numbers(16)));
      const first = graph.op('MatMul', [x, weight], {}, { name: 'one' });
      return simple(graph, graph.op('MatMul', [first, weight], {}, { name: 'two' }));
    });
    expect(checkNetwork(tied, words()).notes).toEqual([
      '"tied.weight" is one tensor for 2 layers ("one", "two") and is trained as one',
    ]);
    expect(checkNetwork(tied, words({ trainable: 'head' })).notes).toEqual([]);
  });
});

describe('what is trained', () => {
  test.each<[NetworkFileWords['trainable'], readonly string[]]>([
    ['head', ['classifier.weight', 'classifier.bias']],
    [
      ['classifier.bias', 'features.0.*'],
      ['features.0.weight', 'features.0.bias', 'classifier.bias'],
    ],
    [['*.weight'], ['features.0.weight', 'features.2.weight', 'classifier.weight']],
  ])('%j, in the order of the file', (trainable, expected) => {
    expect(checkNetwork(fileOf('perceptron'), words({ trainable })).trainable).toEqual(expected);
  });

  test('the head takes its bias along, and weights that are transposed first', () => {
    const file = network((graph, math) => {
      const x = graph.input('x', 'float32', ['N', 4]);
      const body = layer(graph, x, 'body', 4, 3);
      const weight = graph.initializer('head.weight', float32([2, 3], numbers(6)));
      const sums = graph.op('MatMul', [body, math.transpose(weight, [1, 0])]);
      return graph.op('Add', [sums, graph.initializer('head.bias', float32([2], [0, 0]))]);
    });
    expect(checkNetwork(file, words({ trainable: 'head' })).trainable).toEqual(['head.weight', 'head.bias']);
  });

  test.each<[readonly string[], RegExp]>([
    [['clasifier.weight'], /no tensor "clasifier.weight" that could be trained: did you mean "classifier.weight"\?/],
    [['layer4.*'], /no tensor "layer4.\*" that could be trained/],
  ])('%j is refused', (trainable, message) => {
    expect(() => checkNetwork(fileOf('perceptron'), words({ trainable }))).toThrow(message);
  });

  test('a running statistic is refused by name, and left out by pattern', () => {
    expect(() => checkNetwork(fileOf('convolutions'), words({ trainable: ['b1.running_mean'] }))).toThrow(
      /running statistic, which follows the data by itself/,
    );
    expect(checkNetwork(fileOf('convolutions'), words({ trainable: ['b1.*'] })).trainable).toEqual([
      'b1.weight',
      'b1.bias',
    ]);
  });
});

describe('a network that cannot be trained on rows', () => {
  test.each<[string, ReturnType<typeof network>, RegExp, Partial<NetworkFileWords>?]>([
    [
      'several inputs',
      network((graph) => {
        const [a, b] = [graph.input('image', 'float32', ['N', 4]), graph.input('age', 'float32', ['N', 4])];
        return simple(graph, graph.op('Add', [a, b]));
      }),
      /has the inputs "image", "age": only networks with one/,
    ],
    [
      'another input than the one that is named',
      network((graph) => simple(graph, graph.input('x', 'float32', ['N', 4]))),
      /no input "image": it has "x"/,
      { input: 'image' },
    ],
    [
      'whole numbers as input',
      network((graph, math) => simple(graph, math.cast(graph.input('ids', 'int64', ['N', 4]), 'float32'))),
      /input "ids" is int64\[N, 4\]: it must hold floating-point numbers/,
    ],
    [
      'several outputs',
      network((graph) => {
        const x = graph.input('x', 'float32', ['N', 4]);
        return [layer(graph, x, 'a', 4, 2, { name: 'one' }), layer(graph, x, 'b', 4, 2, { name: 'two' })];
      }),
      /outputs "one", "two": say which one holds the logits, with `output`/,
    ],
    [
      'probabilities',
      network((graph) => {
        const x = graph.input('x', 'float32', ['N', 4]);
        return graph.op('Softmax', [layer(graph, x, 'w', 4, 2, { name: 'scores' })], { axis: 1 }, { name: 'p' });
      }),
      /"p" comes from node "p" \(Softmax\).*`output`: "scores"/,
    ],
    [
      'one logit',
      network((graph) => layer(graph, graph.input('x', 'float32', ['N', 4]), 'w', 4, 1)),
      /one number a row says nothing of two classes; build the last layer with a logit for each class/,
    ],
    [
      'a map of logits',
      network((graph, math) => {
        const x = graph.input('x', 'float32', ['N', 4]);
        return math.reshape(layer(graph, x, 'w', 4, 8), [0, 2, 4]);
      }),
      /training needs logits \[N, classes\]/,
    ],
    [
      'a batch that is built in',
      network((graph, math) => math.reshape(layer(graph, graph.input('x', 'float32', [3, 4]), 'w', 4, 2), [3, 2])),
      /exported for batches of exactly 3: export it with a dynamic batch, in PyTorch torch.onnx.export\(..., dynamic_axes=\{"x": \{0: "batch"\}\}\)/,
    ],
    [
      'an operator without derivative',
      network((graph, math) => {
        const x = graph.input('x', 'float32', ['N', 4]);
        const image = math.reshape(layer(graph, x, 'w', 4, 16), [0, 1, 4, 4]);
        const grid = graph.constant(float32([1, 2, 1, 2], [0, 0, 0.5, 0.5]));
        const seen = graph.op('Expand', [
          grid,
          graph.op('Concat', [math.extentOf(image, 0), math.integers([2, 1, 2])], { axis: 0 }),
        ]);
        return math.reshape(graph.op('GridSample', [image, seen], {}, { name: 'warp' }), [0, 2]);
      }),
      /node "warp" \(GridSample\): the operator GridSample has no derivative/,
    ],
    [
      'no weights in the file',
      network((graph, math) => math.mul(graph.input('x', 'float32', ['N', 2]), 2)),
      /there is nothing to train.*export_params=True/,
    ],
  ])('%s is refused with what to do', (_, file, message, more) => {
    expect(() => checkNetwork(file, words(more))).toThrow(message);
  });

  test('weights in half precision are refused by name, unless they are frozen', () => {
    const file = network((graph, math) => {
      const x = graph.input('x', 'float32', ['N', 4]);
      const half = graph.initializer('body.weight', {
        dtype: 'float16',
        shape: [4, 4],
        data: new Uint16Array(16),
      } as never);
      return simple(graph, graph.op('MatMul', [x, math.cast(half, 'float32')]));
    });
    expect(() => checkNetwork(file, words())).toThrow(/"body.weight" is stored as float16: only float32 is fine-tuned/);
    expect(checkNetwork(file, words({ trainable: ['fc.*'] })).trainable).toEqual(['fc.weight']);
  });

  test('an intermediate value can be taken as logits', () => {
    const file = network((graph) => {
      const x = graph.input('x', 'float32', ['N', 4]);
      return graph.op('Softmax', [layer(graph, x, 'w', 4, 3, { name: 'scores' })], { axis: 1 }, { name: 'p' });
    });
    expect(checkNetwork(file, words({ output: 'scores' }))).toMatchObject({ classes: 3, trainable: ['w'] });
  });
});
