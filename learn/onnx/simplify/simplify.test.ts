import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../../runtime/tensor.js';
import { differentiate } from '../../autodiff/index.js';
import { cnn, mlp, transformerEncoder } from '../../models/index.js';
import { random, STREAMS } from '../../random.js';
import { float32, runModel } from '../fixtures/run-model.js';
import { Arithmetic, GraphBuilder, importModel, type ModelProto, type Value } from '../index.js';
import { AS_IT_IS, simplify } from './simplify.js';

const NAME = 'simplified';

/** Some numbers that rounding, signs and infinities would tell apart. */
function drawn(shape: readonly number[], seed: number): Tensor<'float32'> {
  const draws = random(seed, STREAMS.user);
  const special = [-0, 0, Number.POSITIVE_INFINITY, 1e-42, -1];
  const size = shape.reduce((product, extent) => product * extent, 1);
  return float32(
    shape,
    Array.from({ length: size }, (_, index) => (index < special.length ? special[index]! : draws.normal())),
  );
}

function bytes({ data }: Tensor): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

async function expectSameBits(one: ModelProto, other: ModelProto, feeds: Record<string, Tensor>) {
  const [expected, results] = [await runModel(one, feeds), await runModel(other, feeds)];
  expect(Object.keys(results)).toEqual(Object.keys(expected));
  for (const [name, tensor] of Object.entries(expected)) {
    expect(results[name]!.shape, name).toEqual(tensor.shape);
    expect(bytes(results[name]!).equals(bytes(tensor)), name).toBe(true);
  }
}

interface Case {
  /** Of x [N, 4, 3] and y [N, 3]; a node that reads it becomes the output. */
  build(math: Arithmetic, x: Value, y: Value): Value;
  /** The operators that are left, but for constants and the one that gives the output. */
  readonly left: readonly string[];
}

const shape = (math: Arithmetic, value: Value, range = {}) => math.graph.op('Shape', [value], range);

const CASES: Readonly<Record<string, Case>> = {
  'an Identity': { build: (math, x) => math.graph.op('Identity', [x]), left: [] },
  'a Cast to the same type': { build: (math, x) => math.graph.op('Cast', [x], { to: 'float32' }), left: [] },
  'a product with 1': { build: (math, x) => math.mul(math.mul(x, 1), math.onesLike(x)), left: [] },
  'a quotient by 1, a difference of 0': { build: (math, x) => math.sub(math.div(x, 1), 0), left: [] },
  'not a sum with 0, which makes 0 of -0': { build: (math, x) => math.add(x, 0), left: ['Add'] },
  'not a product with 1 that repeats': {
    build: (math, x) => math.mul(x, math.graph.constant(float32([2, 1, 1, 1], [1, 1]))),
    left: ['Mul'],
  },
  'views of views': {
    build: (math, x) => math.reshape(math.squeeze(math.unsqueeze(math.reshape(x, [-1, 12]), [1]), [1]), [-1, 6, 2]),
    left: ['Concat', 'Reshape', 'Shape'],
  },
  'views that lead back': { build: (math, x) => math.squeeze(math.unsqueeze(x, [0]), [0]), left: [] },
  'two Transposes': {
    build: (math, x) => math.transpose(math.transpose(x, [2, 0, 1]), [1, 0, 2]),
    left: ['Transpose'],
  },
  'two Transposes that undo each other': {
    build: (math, x) => math.transpose(math.transpose(x, [2, 0, 1]), [1, 2, 0]),
    left: [],
  },
  'an Expand before what repeats': {
    build: (math, x, y) => math.mul(x, math.graph.op('Expand', [math.unsqueeze(y, [1]), shape(math, x)])),
    left: ['Mul', 'Unsqueeze'],
  },
  'an Expand to what it is': { build: (math, x) => math.graph.op('Expand', [x, shape(math, x)]), left: [] },
  'not an Expand that makes the shape': {
    build: (math, x) => math.neg(math.graph.op('Expand', [math.scalar(2, 'float32'), shape(math, x)])),
    left: ['Concat', 'Expand', 'Neg', 'Shape'],
  },
  'axes in front that repeating adds anyway': {
    build: (math, x, y) => math.add(x, math.unsqueeze(math.sum(y, [0]), [0, 1])),
    left: ['Add', 'ReduceSum'],
  },
  'shapes by the input that has them first': {
    build(math, x, y) {
      const rows = math.squeeze(math.extentOf(math.exp(math.neg(y)), 0), [0]);
      const count = math.graph.op('Size', [math.exp(x)]);
      return math.add(x, math.cast(math.mul(count, rows), 'float32'));
    },
    left: ['Add', 'Cast', 'Mul', 'Mul', 'Shape', 'Squeeze'],
  },
  'what is computed twice and small': {
    build(math, x, y) {
      const total = () => math.exp(math.sum(y, [0]));
      return math.add(math.add(x, total()), total());
    },
    left: ['Add', 'Add', 'Exp', 'ReduceSum'],
  },
  'not what is computed twice and large': {
    build: (math, x) => math.add(math.exp(x), math.mul(math.exp(x), x)),
    left: ['Add', 'Exp', 'Exp', 'Mul'],
  },
  'what nothing reads': {
    build(math, x, y) {
      math.exp(math.neg(y));
      return math.neg(x);
    },
    left: ['Neg'],
  },
};

describe('a simpler graph is without', () => {
  test.each(Object.entries(CASES))('%s', async (_, { build, left }) => {
    const graph = new GraphBuilder(NAME);
    const [x, y] = [graph.input('x', 'float32', ['N', 4, 3]), graph.input('y', 'float32', ['N', 3])];
    const math = new Arithmetic(graph);
    graph.output(math.neg(build(math, x, y)));
    const simpler = simplify(graph, NAME).graph;
    const types = simpler.nodes.map(({ type }) => type).filter((type) => type !== 'Constant');
    const [output, ...others] = types.reverse();
    expect(output).toBe('Neg');
    expect(others.sort()).toEqual([...left].sort());
    for (const rows of [2, 1]) {
      const feeds = { x: drawn([rows, 4, 3], 1), y: drawn([rows, 3], 2) };
      await expectSameBits(graph.toModel(), simpler.toModel(), feeds);
    }
  });
});

describe('a simpler graph keeps', () => {
  const small = (): [GraphBuilder, Arithmetic, Value] => {
    const graph = new GraphBuilder(NAME);
    return [graph, new Arithmetic(graph), graph.input('x', 'float32', ['N', 4])];
  };

  test('the names of its inputs, stored tensors and outputs, also of those that repeat another', () => {
    const [graph, math, x] = small();
    graph.input('unread', 'float32', []);
    const stored = graph.initializer('stored', float32([4], [1, 2, 3, 4]));
    graph.output(graph.op('Identity', [x], {}, { name: 'same' }));
    graph.output(math.mul(x, 1, { name: 'product' }));
    graph.output(math.add(x, stored), 'sum');
    const simpler = simplify(graph, NAME).graph;
    expect(simpler.inputs.map(({ name }) => name)).toEqual(['x', 'unread']);
    expect(simpler.storedValues.map(({ name }) => name)).toEqual(['stored']);
    expect(simpler.outputs.map(({ name }) => name)).toEqual(['same', 'product', 'sum']);
  });

  test('a node that is marked, and does not look through it', () => {
    const [graph, math, x] = small();
    const list = math.integers([0, 0]);
    const proto = { name: 'kept', opType: 'Reshape', input: [], output: ['kept'], attribute: [] };
    const [kept] = graph.node({ ...proto, metadataProps: [AS_IT_IS] }, [x, list], new Map());
    graph.output(math.neg(math.reshape(kept!, [-1, 4])));
    const types = simplify(graph, NAME).graph.nodes.map(({ name, type }) => (type === 'Reshape' ? name : type));
    expect(types).toEqual(['Constant', 'kept', 'Neg']);
  });

  test('values that are wanted, and tells where they are and where its passes begin', () => {
    const [graph, math, x] = small();
    math.exp(x);
    const wanted = math.neg(math.mul(x, 1));
    const place = graph.nodes.length;
    graph.output(math.exp(math.neg(wanted)), 'y');
    const simpler = simplify(graph, NAME, [wanted]);
    expect(simpler.graph.nodes.slice(0, simpler.place(place)).map(({ type }) => type)).toEqual(['Neg']);
    expect(simpler.graph.nodes[0]!.outputs[0]).toBe(simpler.at(wanted));
    expect(simpler.place(graph.nodes.length)).toBe(simpler.graph.nodes.length);
  });
});

test.each<[string, () => ModelProto, readonly number[]]>([
  ['perceptron', () => mlp({ features: 5, hidden: [6], classes: 3, seed: 1 }), [4, 5]],
  [
    'convolutional network',
    () => cnn({ channels: 1, size: [8, 8], classes: 3, widths: [4, 4], seed: 1 }),
    [4, 1, 8, 8],
  ],
  [
    'transformer',
    () =>
      transformerEncoder({
        input: { type: 'sequence', length: 5, features: 4 },
        width: 8,
        heads: 2,
        layers: 1,
        classes: 3,
        seed: 1,
      }),
    [2, 5, 4],
  ],
])('the gradients of a %s keep every bit, with no more nodes', async (_, build, extents) => {
  const model = build();
  const [logits] = model.graph!.output;
  const parameters = model.graph!.initializer.filter(({ dims }) => dims.length > 0).map(({ name }) => name!);
  const whole = differentiate(model, { output: logits!.name!, withRespectTo: parameters });
  const graph = new GraphBuilder(NAME);
  const { outputs } = importModel(graph, whole);
  for (const [index, output] of outputs.entries()) graph.output(output, whole.graph!.output[index]!.name!);
  const simpler = simplify(graph, NAME).graph;
  expect(simpler.nodes.length).toBeLessThanOrEqual(graph.nodes.length);
  const feeds = {
    [model.graph!.input[0]!.name!]: drawn(extents, 1),
    [`grad/${logits!.name}`]: drawn([extents[0]!, 3], 2),
  };
  await expectSameBits(graph.toModel(), simpler.toModel(), feeds);
});
