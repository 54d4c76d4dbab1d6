import { describe, expect, test } from 'vitest';
import { differentiate } from '../autodiff/index.js';
import { float32, numbers, runModel } from '../onnx/fixtures/run-model.js';
import { Arithmetic, type Dim, GraphBuilder, type NodeProto } from '../onnx/index.js';
import { random, STREAMS } from '../random.js';
import { groupNormalizationPrimitives } from './group-normalization.js';

const EPSILON = 1e-3;
const SCALE = [1.5, 0.5, -1, 2, 0.1, 1];
const BIAS = [0.25, -1, 0, 3, 1, -2];

const group = (count: number): NodeProto => ({
  opType: 'GroupNormalization',
  input: [],
  output: ['y'],
  attribute: [
    { name: 'num_groups', type: 2, i: BigInt(count) },
    { name: 'epsilon', type: 1, f: EPSILON },
  ],
});

/** In float64, of x [N, 6, S]. */
function exact(x: readonly number[], size: number, groups: number): number[] {
  const length = (6 / groups) * size;
  return x.map((value, place) => {
    const start = Math.floor(place / length) * length;
    const own = x.slice(start, start + length);
    const mean = own.reduce((sum, other) => sum + other, 0) / length;
    const variance = own.reduce((sum, other) => sum + (other - mean) ** 2, 0) / length;
    const channel = Math.floor(place / size) % 6;
    return (SCALE[channel]! * (value - mean)) / Math.sqrt(variance + EPSILON) + BIAS[channel]!;
  });
}

function batch(around: number): number[] {
  const draws = random(5, STREAMS.user);
  return Array.from({ length: 2 * 6 * 4 }, () => Math.fround(around + draws.normal()));
}

async function run(groups: number, x: readonly number[], shape: readonly Dim[]) {
  const graph = new GraphBuilder('group');
  const math = new Arithmetic(graph);
  const input = graph.input('x', 'float32', shape);
  const scale = graph.initializer('scale', float32([6], SCALE));
  const bias = graph.initializer('bias', float32([6], BIAS));
  graph.output(groupNormalizationPrimitives(math, group(groups), [input, scale, bias])![0]!, 'y');
  return runModel(graph.toModel(), { x: float32([2, 6, 2, 2], x) });
}

describe('group normalisation by layer normalisation', () => {
  test.each([1, 2, 3, 6])('standardises each of %d groups', async (groups) => {
    const x = batch(0);
    for (const shape of [
      [2, 6, 2, 2],
      ['N', 6, 'H', 'W'],
    ]) {
      const { y } = await run(groups, x, shape);
      expect(y!.shape).toEqual([2, 6, 2, 2]);
      for (const [place, value] of exact(x, 4, groups).entries()) expect(numbers(y)[place]).toBeCloseTo(value, 5);
    }
  });

  test('keeps the digits of a variance that is small beside the mean', async () => {
    const x = batch(1000);
    const { y } = await run(2, x, [2, 6, 2, 2]);
    for (const [place, value] of exact(x, 4, 2).entries()) expect(numbers(y)[place]).toBeCloseTo(value, 3);
  });

  test('has the gradient of the operator', async () => {
    const gradient = async (lowered: boolean) => {
      const graph = new GraphBuilder('group');
      const math = new Arithmetic(graph);
      const values = [
        graph.input('x', 'float32', ['N', 6, 2, 2]),
        graph.input('scale', 'float32', [6]),
        graph.input('bias', 'float32', [6]),
      ];
      const attributes = { num_groups: 3, epsilon: EPSILON };
      const y = lowered
        ? groupNormalizationPrimitives(math, group(3), values)![0]!
        : graph.op('GroupNormalization', values, attributes);
      graph.output(y, 'y');
      const names = ['x', 'scale', 'bias'];
      const results = await runModel(differentiate(graph.toModel(), { output: 'y', withRespectTo: names }), {
        x: float32([2, 6, 2, 2], batch(0)),
        scale: float32([6], SCALE),
        bias: float32([6], BIAS),
        'grad/y': float32([2, 6, 2, 2], batch(0.5)),
      });
      return names.map((name) => numbers(results[`grad/${name}`]));
    };
    const [ours, theirs] = [await gradient(true), await gradient(false)];
    for (const [index, list] of ours.entries()) {
      expect(list).toHaveLength(theirs[index]!.length);
      for (const [place, value] of list.entries()) expect(value).toBeCloseTo(theirs[index]![place]!, 4);
    }
  });
});

test('a group normalisation whose channels are not known stays as it is', () => {
  const graph = new GraphBuilder('group');
  const [x, scale] = [graph.input('x', 'float32', ['N', 'C', 4]), graph.input('scale', 'float32', ['C'])];
  expect(groupNormalizationPrimitives(new Arithmetic(graph), group(2), [x, scale, scale])).toBeUndefined();
});
