import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { elementCount, type Tensor } from '../../../runtime/tensor.js';
import { float32, numbers, runModel } from '../../onnx/fixtures/run-model.js';
import { GraphBuilder, importModel, type ModelProto, type Value } from '../../onnx/index.js';
import { random, STREAMS } from '../../random.js';
import { differentiate } from '../differentiate.js';
import { lowerForDifferentiation } from './index.js';

/** A recurrent layer as somebody may have exported it. */
interface Layer {
  readonly operator: 'RNN' | 'GRU' | 'LSTM';
  readonly steps: number;
  readonly rows: number;
  readonly features: number;
  readonly hidden: number;
  readonly direction: 'forward' | 'reverse' | 'bidirectional';
  readonly batchFirst: boolean;
  readonly bias: boolean;
  readonly initial: boolean;
  readonly peephole: boolean;
  readonly lengths: readonly number[] | undefined;
  readonly attributes: Readonly<Record<string, number | readonly number[] | readonly string[]>>;
  readonly symbolic?: boolean;
}

const GATES = { RNN: 1, GRU: 3, LSTM: 4 };
const FUNCTIONS = { RNN: 1, GRU: 2, LSTM: 3 };

function model(layer: Layer): { model: ModelProto; feeds: Record<string, Tensor> } {
  const { operator, steps, rows, features, hidden, direction, batchFirst } = layer;
  const graph = new GraphBuilder('layer');
  const feeds: Record<string, Tensor> = {};
  const D = direction === 'bidirectional' ? 2 : 1;
  const gates = GATES[operator];
  const input = (name: string, shape: readonly number[], batchAxis?: number): Value => {
    const draws = random(5, STREAMS.user, Object.keys(feeds).length);
    feeds[name] = float32(
      shape,
      Array.from({ length: elementCount(shape) }, () => 2 * draws.uniform() - 1),
    );
    return graph.input(
      name,
      'float32',
      layer.symbolic && batchAxis !== undefined ? shape.map((dim, axis) => (axis === batchAxis ? 'N' : dim)) : shape,
    );
  };
  const state = (name: string) =>
    layer.initial ? input(name, batchFirst ? [rows, D, hidden] : [D, rows, hidden], batchFirst ? 0 : 1) : undefined;
  const inputs = [
    input('x', batchFirst ? [rows, steps, features] : [steps, rows, features], batchFirst ? 0 : 1),
    input('W', [D, gates * hidden, features]),
    input('R', [D, gates * hidden, hidden]),
    layer.bias ? input('B', [D, 2 * gates * hidden]) : undefined,
    undefined as Value | undefined,
    state('initial_h'),
    operator === 'LSTM' ? state('initial_c') : undefined,
    operator === 'LSTM' && layer.peephole ? input('P', [D, 3 * hidden]) : undefined,
  ];
  if (layer.lengths) {
    feeds['lengths'] = { dtype: 'int32', shape: [rows], data: Int32Array.from(layer.lengths) };
    inputs[4] = graph.input('lengths', 'int32', [layer.symbolic ? 'N' : rows]);
  }
  const attributes = { direction, hidden_size: hidden, ...(batchFirst && { layout: 1 }), ...layer.attributes };
  const used = operator === 'LSTM' ? inputs : inputs.slice(0, 6);
  const outputs = graph.ops(operator, used, attributes, operator === 'LSTM' ? 3 : 2, { name: 'layer' });
  for (const [index, name] of ['Y', 'Y_h', 'Y_c'].slice(0, outputs.length).entries())
    graph.output(outputs[index]!, name);
  return { model: graph.toModel(), feeds };
}

/** The model in the words that are differentiated. */
function decomposed(source: ModelProto): ModelProto {
  const graph = new GraphBuilder('decomposed');
  const { outputs } = importModel(graph, source, {
    lower: (node, inputs) => lowerForDifferentiation(graph, node, inputs),
  });
  for (const [index, value] of outputs.entries()) graph.output(value, source.graph!.output[index]!.name);
  const operators = new Set(graph.nodes.map(({ type }) => type));
  expect(['RNN', 'GRU', 'LSTM'].filter((operator) => operators.has(operator))).toEqual([]);
  return graph.toModel();
}

/** Functions with parameters, and which of them have no default. */
const ALPHA = ['Affine', 'ScaledTanh', 'ThresholdedRelu', 'LeakyRelu', 'HardSigmoid', 'Elu'];
const BETA = ['Affine', 'ScaledTanh', 'HardSigmoid'];
const WITHOUT_DEFAULT = ['Affine', 'ScaledTanh', 'ThresholdedRelu'];

function withParameters(activations: readonly string[], give: boolean): Layer['attributes'] {
  if (!give && !activations.some((name) => WITHOUT_DEFAULT.includes(name))) return { activations };
  const values = (names: readonly string[], first: number) =>
    activations.filter((name) => names.includes(name)).map((_, index) => first + 0.1 * index);
  return { activations, activation_alpha: values(ALPHA, 0.2), activation_beta: values(BETA, 0.4) };
}

const functions = fc.constantFrom(
  'Tanh',
  'Sigmoid',
  'Relu',
  'Affine',
  'LeakyRelu',
  'ScaledTanh',
  'HardSigmoid',
  'Elu',
  'Softsign',
  'Softplus',
  'ThresholdedRelu',
);

const layers: fc.Arbitrary<Layer> = fc
  .record({
    operator: fc.constantFrom('RNN' as const, 'GRU' as const, 'LSTM' as const),
    steps: fc.integer({ min: 1, max: 4 }),
    rows: fc.integer({ min: 1, max: 3 }),
    features: fc.integer({ min: 1, max: 3 }),
    hidden: fc.integer({ min: 1, max: 3 }),
    direction: fc.constantFrom('forward' as const, 'reverse' as const, 'bidirectional' as const),
    batchFirst: fc.constant(false),
    bias: fc.boolean(),
    initial: fc.boolean(),
    peephole: fc.boolean(),
    symbolic: fc.boolean(),
  })
  .chain((layer) => {
    const count = FUNCTIONS[layer.operator] * (layer.direction === 'bidirectional' ? 2 : 1);
    const flags = {
      RNN: fc.constant({}),
      GRU: fc.record({ linear_before_reset: fc.nat(1) }),
      LSTM: fc.record({ input_forget: fc.nat(1) }),
    };
    return fc.record({
      ...Object.fromEntries(Object.entries(layer).map(([key, value]) => [key, fc.constant(value)])),
      lengths: fc.option(
        fc.array(fc.integer({ min: 1, max: layer.steps }), { minLength: layer.rows, maxLength: layer.rows }),
        { nil: undefined },
      ),
      attributes: fc
        .record(
          {
            clip: fc.constantFrom(0.3, 1),
            named: fc.tuple(fc.array(functions, { minLength: count, maxLength: count }), fc.boolean()),
          },
          { requiredKeys: [] },
        )
        .chain(({ clip, named }) =>
          flags[layer.operator].map((more) => ({
            ...(clip && { clip }),
            ...(named && withParameters(...named)),
            ...more,
          })),
        ),
    }) as unknown as fc.Arbitrary<Layer>;
  });

describe('a recurrent layer, unrolled,', () => {
  test('computes what ONNX Runtime’s own kernel does', async () => {
    await fc.assert(
      fc.asyncProperty(layers, async (layer) => {
        const { model: source, feeds } = model(layer);
        const expected = await runModel(source, feeds);
        const actual = await runModel(decomposed(source), feeds);
        for (const [name, tensor] of Object.entries(expected)) {
          expect(actual[name]!.shape).toEqual(tensor.shape);
          const values = numbers(actual[name]);
          for (const [index, value] of numbers(tensor).entries())
            expect(Math.abs(values[index]! - value)).toBeLessThan(1e-5);
        }
      }),
      { numRuns: 80 },
    );
  });

  test('reads and writes the batch first where the layout says so', async () => {
    const layer = { ...plain, direction: 'bidirectional' as const, initial: true, lengths: [3, 1] };
    const { model: first, feeds } = model({ ...layer, batchFirst: true });
    const { model: second } = model(layer);
    const actual = await runModel(decomposed(first), feeds);
    const turned = {
      ...feeds,
      ...Object.fromEntries(['x', 'initial_h', 'initial_c'].map((name) => [name, turn(feeds[name]!)])),
    };
    const expected = await runModel(second, turned);
    expect(near(actual['Y_h'], turn(expected['Y_h']!))).toBeLessThan(1e-6);
    expect(near(actual['Y_c'], turn(expected['Y_c']!))).toBeLessThan(1e-6);
    // [T, D, N, H] to [N, T, D, H]
    const graph = new GraphBuilder('turn');
    const y = graph.input('y', 'float32', expected['Y']!.shape);
    graph.output(graph.op('Transpose', [y], { perm: [2, 0, 1, 3] }), 'turned');
    const { turned: sequence } = await runModel(graph.toModel(), { y: expected['Y']! });
    expect(near(actual['Y'], sequence!)).toBeLessThan(1e-6);
  });

  test('ignores what stands behind the end of a sequence, NaN too, in outputs and gradients', async () => {
    const { model: source, feeds } = model({ ...plain, lengths: [3, 1] });
    const withGradients = differentiate(source, { output: 'Y', withRespectTo: ['x', 'W', 'R', 'B'] });
    const seed = { 'grad/Y': float32([3, 1, 2, 2], new Array(12).fill(1)) };
    const clean = await runModel(withGradients, { ...feeds, ...seed });
    const x = Float32Array.from(feeds['x']!.data as Float32Array);
    // Steps 1 and 2 of row 1, two features each.
    for (const place of [6, 7, 10, 11]) x[place] = Number.NaN;
    const spoilt = await runModel(withGradients, { ...feeds, ...seed, x: float32([3, 2, 2], x) });
    expect(spoilt).toEqual(clean);
    expect(numbers(clean['grad/x']).filter((_, place) => [6, 7, 10, 11].includes(place))).toEqual([0, 0, 0, 0]);
    expect(Object.values(clean).flatMap(numbers).every(Number.isFinite)).toBe(true);
  });

  test('takes the products with the inputs of all steps in one', () => {
    const { model: source } = model({ ...plain, steps: 20 });
    const types = decomposed(source).graph!.node.map(({ opType }) => opType);
    // One for the inputs; the first step starts from zero and needs none for the state.
    expect(types.filter((type) => type === 'Gemm')).toHaveLength(1 + 19);
  });

  test('leaves out the sequence of hidden states where only the last is read', () => {
    const { model: source } = model(plain);
    const [node] = source.graph!.node;
    const last = { ...node!, output: ['', 'Y_h'] };
    const graph = new GraphBuilder('last');
    importModel(
      graph,
      { ...source, graph: { ...source.graph!, node: [last], output: source.graph!.output.slice(1, 2) } },
      { lower: (proto, inputs) => lowerForDifferentiation(graph, proto, inputs) },
    );
    expect(graph.nodes.filter(({ type }) => type === 'Concat')).toEqual([]);
    expect(graph.nodes.at(-1)!.outputs[0]).toMatchObject({ name: 'Y_h', shape: [1, 2, 2] });
  });

  test('keeps the symbol of the batch in every shape', () => {
    const graph = new GraphBuilder('symbolic');
    const { model: source } = model({ ...plain, symbolic: true, lengths: [3, 1], initial: true });
    importModel(graph, source, { lower: (node, inputs) => lowerForDifferentiation(graph, node, inputs) });
    const open = graph.nodes.flatMap(({ outputs }) => outputs).flatMap((value) => [...value!.shape]);
    expect(open.filter((dim) => String(dim).startsWith('unknown'))).toEqual([]);
  });

  test.each<[string, Partial<Layer>, (x: ModelProto) => ModelProto, RegExp]>([
    [
      'a sequence of unknown length',
      {},
      (source) => {
        const [x, ...rest] = source.graph!.input;
        const shape = { dim: [{ dimParam: 'T' }, { dimValue: 2 }, { dimValue: 2 }] };
        const open = { ...x!, type: { tensorType: { ...x!.type!.tensorType!, shape } } };
        return { ...source, graph: { ...source.graph!, input: [open, ...rest] } };
      },
      /node "layer" \(LSTM\).*length T.*fixed sequence length/,
    ],
    [
      'an activation whose parameters are not given',
      { attributes: { activations: ['Sigmoid', 'Affine', 'Tanh'] } },
      (source) => source,
      /"Affine" has no default: give activation_alpha/,
    ],
    [
      'an unknown activation',
      { attributes: { activations: ['Sigmoid', 'Sine', 'Tanh'] } },
      (source) => source,
      /"Sine"/,
    ],
    ['too few activations', { attributes: { activations: ['Sigmoid'] } }, (source) => source, /3 activations, not 1/],
  ])('refuses %s', (_, change, edit, message) => {
    const { model: source } = model({ ...plain, ...change });
    expect(() => decomposed(edit(source))).toThrow(message);
  });
});

const plain: Layer = {
  operator: 'LSTM',
  steps: 3,
  rows: 2,
  features: 2,
  hidden: 2,
  direction: 'forward',
  batchFirst: false,
  bias: true,
  initial: false,
  peephole: false,
  lengths: undefined,
  attributes: {},
};

/** Exchanges the first two axes. */
function turn({ shape, data }: Tensor): Tensor {
  const [first, second, width] = shape as readonly [number, number, number];
  const values = Array.from({ length: first * second * width }, (_, place) => {
    const [row, rest] = [Math.floor(place / (first * width)), place % (first * width)];
    return Number(data[(Math.floor(rest / width) * second + row) * width + (rest % width)]);
  });
  return float32([second, first, width], values);
}

/** The largest difference. */
function near(actual: Tensor | undefined, expected: Tensor): number {
  expect(actual?.shape).toEqual(expected.shape);
  const values = numbers(actual);
  return Math.max(...numbers(expected).map((value, index) => Math.abs(value - values[index]!)));
}
