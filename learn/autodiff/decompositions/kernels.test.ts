import { describe, expect, test } from 'vitest';
import { elementCount, type Tensor } from '../../../runtime/tensor.js';
import { type AttributeValue, writeAttributes } from '../../onnx/attributes.js';
import { bool, float32, numbers, runModel } from '../../onnx/fixtures/run-model.js';
import { GraphBuilder, importModel, type ModelProto } from '../../onnx/index.js';
import { operatorOf } from '../../onnx/operators/index.js';
import { random, STREAMS } from '../../random.js';
import { differentiate } from '../index.js';
import { lowerForDifferentiation } from './index.js';

type Input = readonly number[] | Tensor | undefined;

interface Row {
  readonly operator: string;
  readonly what: string;
  readonly domain: '' | 'com.microsoft';
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly inputs: readonly Input[];
  readonly outputs: readonly boolean[];
}

function modelOf({ operator, domain, attributes, inputs, outputs }: Row): {
  model: ModelProto;
  feeds: Record<string, Tensor>;
} {
  const graph = new GraphBuilder('node');
  graph.requireOpset(domain === '' ? { version: 23 } : { domain, version: 1 });
  const feeds: Record<string, Tensor> = {};
  const values = inputs.map((input, index) => {
    if (!input) return undefined;
    const draws = random(3, STREAMS.user, index);
    const drawn = (shape: readonly number[]) =>
      float32(
        shape,
        Array.from({ length: elementCount(shape) }, () => 2 * draws.uniform() - 1),
      );
    const tensor = 'data' in input ? input : drawn(input);
    feeds[`x${index}`] = tensor;
    return graph.input(`x${index}`, tensor.dtype, tensor.shape);
  });
  const attribute = writeAttributes(operatorOf(operator, domain)!.attributes ?? {}, attributes, operator);
  const output = outputs.map((wanted, index) => (wanted ? `y${index}` : ''));
  const proto = { name: 'node', opType: operator, domain, input: [], output, attribute };
  for (const value of graph.node(proto, values, new Map())) if (value) graph.output(value);
  return { model: graph.toModel(), feeds };
}

function decomposed(model: ModelProto): GraphBuilder {
  const graph = new GraphBuilder('decomposed');
  const { outputs } = importModel(graph, model, {
    lower: (node, inputs) => lowerForDifferentiation(graph, node, inputs),
  });
  for (const [index, value] of outputs.entries()) graph.output(value, model.graph!.output[index]!.name);
  return graph;
}

const int32 = (shape: readonly number[], values: readonly number[]): Tensor => ({
  dtype: 'int32',
  shape,
  data: Int32Array.from(values),
});

const row = (
  domain: Row['domain'],
  operator: string,
  what: string,
  attributes: Row['attributes'],
  inputs: readonly Input[],
  outputs: readonly boolean[] = [true],
): Row => ({ domain, operator, what, attributes, inputs, outputs });

const QUERY = [2, 2, 3, 4];
const KEY = [2, 2, 5, 4];
const VALUE = [2, 2, 5, 6];
const SEEN = [1, 0, 1, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0].map(Boolean);

const standard = (
  what: string,
  attributes: Row['attributes'],
  inputs: readonly Input[],
  outputs?: readonly boolean[],
) => row('', 'Attention', what, attributes, inputs, outputs);
const contrib = (
  operator: string,
  what: string,
  attributes: Row['attributes'],
  inputs: readonly Input[],
  outputs?: readonly boolean[],
) => row('com.microsoft', operator, what, attributes, inputs, outputs);

const ROWS: readonly Row[] = [
  standard('plain', {}, [QUERY, KEY, VALUE]),
  standard('causal, with a scale and a bound', { is_causal: 1, scale: 0.3, softcap: 0.8 }, [QUERY, QUERY, QUERY]),
  standard('more keys than queries, causal', { is_causal: 1 }, [QUERY, KEY, VALUE]),
  standard('a mask for all, one query sees nothing', {}, [QUERY, KEY, VALUE, bool([3, 5], SEEN)]),
  standard('a mask of numbers', { softcap: 0.5 }, [QUERY, KEY, VALUE, [2, 1, 3, 5]]),
  standard('a mask of numbers, causal', { is_causal: 1 }, [QUERY, KEY, VALUE, [2, 2, 3, 5]]),
  standard('minus infinity for all keys of a query', {}, [
    QUERY,
    KEY,
    VALUE,
    float32(
      [3, 5],
      SEEN.map((seen) => (seen ? 0.5 : Number.NEGATIVE_INFINITY)),
    ),
  ]),
  standard('heads side by side', { q_num_heads: 2, kv_num_heads: 2 }, [
    [2, 3, 8],
    [2, 5, 8],
    [2, 5, 12],
  ]),
  standard('four heads share two', { q_num_heads: 4, kv_num_heads: 2 }, [
    [2, 3, 8],
    [2, 5, 4],
    [2, 5, 6],
  ]),
  standard('with past keys', {}, [QUERY, KEY, VALUE, undefined, [2, 2, 2, 4], [2, 2, 2, 6]], [true, true, true]),
  contrib('MultiHeadAttention', 'plain', { num_heads: 2 }, [
    [2, 3, 8],
    [2, 5, 8],
    [2, 5, 12],
  ]),
  contrib('MultiHeadAttention', 'a bias, a scale', { num_heads: 2, scale: 0.4 }, [
    [2, 3, 8],
    [2, 5, 8],
    [2, 5, 8],
    [24],
  ]),
  contrib('MultiHeadAttention', 'a mask of the keys', { num_heads: 2 }, [
    [2, 3, 8],
    [2, 5, 8],
    [2, 5, 8],
    undefined,
    int32([2, 5], [1, 1, 0, 1, 0, 1, 0, 0, 0, 0]),
  ]),
  contrib('MultiHeadAttention', 'a bias of the scores', { num_heads: 2 }, [
    [2, 3, 8],
    [2, 5, 8],
    [2, 5, 8],
    undefined,
    undefined,
    [2, 2, 3, 5],
  ]),
  contrib('MultiHeadAttention', 'causal', { num_heads: 2, unidirectional: 1 }, [
    [2, 3, 8],
    [2, 3, 8],
    [2, 3, 8],
  ]),
  contrib('Attention', 'plain', { num_heads: 2 }, [[2, 3, 5], [5, 12], [12]]),
  contrib('Attention', 'lengths, causal', { num_heads: 2, unidirectional: 1 }, [
    [2, 3, 5],
    [5, 12],
    [12],
    int32([2], [3, 1]),
  ]),
  contrib('Attention', 'a mask of the keys', { num_heads: 2, mask_filter_value: -50 }, [
    [2, 3, 5],
    [5, 12],
    [12],
    int32([2, 3], [1, 0, 1, 1, 1, 0]),
  ]),
  contrib('Attention', 'other values than keys', { num_heads: 2, qkv_hidden_sizes: [4, 4, 6] }, [
    [2, 3, 5],
    [5, 14],
    [14],
  ]),
  contrib('Gelu', '', {}, [[3, 4]]),
  contrib('FastGelu', 'with a bias', {}, [[3, 4], [4]]),
  contrib('BiasGelu', '', {}, [[3, 4], [4]]),
  contrib('QuickGelu', '', { alpha: 1.1 }, [[3, 4]]),
  contrib('FusedMatMul', 'both turned', { transA: 1, transB: 1, alpha: 0.5 }, [
    [2, 4, 3],
    [2, 5, 4],
  ]),
  contrib('FusedGemm', 'LeakyRelu', { activation: 'LeakyRelu', activation_alpha: 0.3, transB: 1 }, [
    [3, 4],
    [2, 4],
    [2],
  ]),
  contrib(
    'FusedConv',
    'added, HardSigmoid',
    { activation: 'HardSigmoid', activation_params: [0.3, 0.4], pads: [1, 1] },
    [[2, 3, 5], [4, 3, 3], [4], [2, 4, 5]],
  ),
  contrib('FusedConv', 'Clip', { activation: 'Clip', activation_params: [-0.1, 0.2], kernel_shape: [3] }, [
    [2, 3, 5],
    [4, 3, 3],
  ]),
  contrib(
    'SkipLayerNormalization',
    'all inputs',
    { epsilon: 1e-3 },
    [[2, 3, 4], [2, 3, 4], [4], [4], [4]],
    [true, false, false, true],
  ),
  contrib(
    'SkipSimplifiedLayerNormalization',
    'all inputs',
    { epsilon: 1e-3 },
    [[2, 3, 4], [2, 3, 4], [4], [4]],
    [true, false, false, true],
  ),
];

const TITLED = ROWS.map((each) => ({
  ...each,
  title: [each.domain, each.operator, each.what].filter(Boolean).join(', '),
}));

describe('a decomposition', () => {
  test.each(TITLED)('computes what ONNX Runtime’s own kernel does: $title', async (each) => {
    const { model, feeds } = modelOf(each);
    const graph = decomposed(model);
    expect(graph.nodes.some(({ type, domain }) => type === each.operator && domain === each.domain)).toBe(false);
    const expected = await runModel(model, feeds);
    const actual = await runModel(graph.toModel(), feeds);
    expect(Object.keys(actual)).toEqual(Object.keys(expected));
    for (const [name, { shape, data }] of Object.entries(expected)) {
      const declared = graph.outputs.find((value) => value.name === name)!.shape;
      expect([actual[name]!.shape, declared]).toEqual([shape, shape]);
      const values = numbers(actual[name]);
      for (const [index, value] of data.entries()) expect(Math.abs(values[index]! - Number(value))).toBeLessThan(2e-6);
    }
  });

  test.each<[string, Row, RegExp]>([
    [
      'the scores of attention',
      standard('', {}, [QUERY, KEY, VALUE], [true, false, false, true]),
      /fourth output, the scores/,
    ],
    [
      'lengths of padded keys',
      standard('', {}, [QUERY, KEY, VALUE, undefined, undefined, undefined, int32([2], [3, 4])]),
      /nonpad_kv_seqlen.*give a mask/,
    ],
    [
      'queries, keys and values in one tensor',
      contrib('MultiHeadAttention', '', { num_heads: 2 }, [[2, 3, 2, 3, 4]]),
      /only queries, keys and values of rank 3/,
    ],
    [
      'an unknown activation',
      contrib('FusedGemm', '', { activation: 'Sine' }, [
        [3, 4],
        [4, 2],
      ]),
      /node "node" \(FusedGemm\): its activation "Sine" is not supported/,
    ],
  ])('refuses %s where a gradient passes, and only there', (_, each, message) => {
    const { model } = modelOf(each);
    expect(() => differentiate(model, { output: 'y0', withRespectTo: ['x0'] })).toThrow(message);
    expect(() => importModel(new GraphBuilder('kept'), model)).not.toThrow();
  });

  test('gives a query that sees nothing zeros, and lets no gradient pass it', async () => {
    const { model, feeds } = modelOf(standard('', {}, [QUERY, KEY, VALUE, bool([3, 5], SEEN)]));
    const results = await runModel(differentiate(model, { output: 'y0', withRespectTo: ['x0', 'x1', 'x2'] }), {
      ...feeds,
      'grad/y0': float32([2, 2, 3, 6], new Array(72).fill(1)),
    });
    expect(Object.values(results).flatMap(numbers).every(Number.isFinite)).toBe(true);
    // The last of the three queries of every head.
    const lastOf = (values: readonly number[], width: number) =>
      values.filter((_, place) => Math.floor(place / width) % 3 === 2);
    expect(new Set(lastOf(numbers(results['y0']), 6))).toEqual(new Set([0]));
    expect(lastOf(numbers(results['grad/x0']), 4).every((value) => value === 0)).toBe(true);
    expect(numbers(results['grad/x0']).filter((value) => value !== 0)).toHaveLength(32);
  });
});
