import { describe, expect, test } from 'vitest';
import { float32, float64, numbers, runModel } from '../onnx/fixtures/run-model.js';
import { Arithmetic, GraphBuilder, type Value } from '../onnx/index.js';
import { clipByGlobalNorm, clipByValue, globalNorm } from './index.js';

type Clip = (math: Arithmetic, gradients: readonly Value[]) => readonly Value[];

async function run(clip: Clip, ...gradients: readonly (readonly number[])[]): Promise<number[]> {
  const graph = new GraphBuilder('clip');
  const inputs = gradients.map((values, index) => graph.input(`g${index}`, 'float64', [values.length]));
  const clipped = clip(new Arithmetic(graph), inputs);
  for (const [index, value] of clipped.entries()) graph.output(value, `y${index}`);
  const feeds = Object.fromEntries(gradients.map((values, index) => [`g${index}`, float64([values.length], values)]));
  const results = await runModel(graph.toModel(), feeds);
  return clipped.flatMap((_, index) => numbers(results[`y${index}`]));
}

describe('clipping by the norm of all gradients', () => {
  const byNorm =
    (maxNorm: number): Clip =>
    (math, gradients) =>
      clipByGlobalNorm(math, gradients, maxNorm);

  test('scales all of them alike when they are too long together', async () => {
    const clipped = await run(byNorm(1), [3, 0], [4]);
    // PyTorch divides by norm + 1e-6.
    for (const [index, value] of [3, 0, 4].entries()) expect(clipped[index]).toBeCloseTo(value / (5 + 1e-6), 12);
  });

  test('leaves shorter ones as they are', async () => {
    expect(await run(byNorm(6), [3, 0], [4])).toEqual([3, 0, 4]);
  });

  test('takes the norm that the graph has already', async () => {
    const graph = new GraphBuilder('clip');
    const math = new Arithmetic(graph);
    const gradients = [graph.input('g0', 'float64', [2])];
    const norm = globalNorm(math, gradients);
    const before = graph.nodes.length;
    clipByGlobalNorm(math, gradients, 1, norm);
    expect(graph.nodes.slice(before).map(({ type }) => type)).not.toContain('ReduceSumSquare');
  });

  test('lets everything that is not finite show', async () => {
    expect(await run(byNorm(1), [Number.NaN, 1], [2])).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect((await run(byNorm(1), [Number.POSITIVE_INFINITY, 1]))[0]).toBeNaN();
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses a largest norm of %d', (maxNorm) => {
    expect(() => clipByGlobalNorm(new Arithmetic(new GraphBuilder('clip')), [], maxNorm)).toThrow(/above 0/);
  });
});

describe('the norm of all gradients', () => {
  test('is that of their elements in one vector', async () => {
    expect(await run((math, gradients) => [globalNorm(math, gradients)], [1, 2], [2, 4, 0])).toEqual([5]);
    expect(await run((math, gradients) => [globalNorm(math, gradients)], [3, 4])).toEqual([5]);
  });

  test('is a float32 scalar, also of float16 gradients whose squares float16 does not hold', async () => {
    const graph = new GraphBuilder('norm');
    const math = new Arithmetic(graph);
    const half = math.cast(graph.input('g', 'float32', [2]), 'float16');
    const norm = globalNorm(math, [half]);
    expect([norm.dtype, norm.shape]).toEqual(['float32', []]);
    graph.output(norm, 'norm');
    const { norm: value } = await runModel(graph.toModel(), { g: float32([2], [3000, 4000]) });
    expect(numbers(value)).toEqual([5000]);
  });

  test('of nothing is refused', () => {
    expect(() => globalNorm(new Arithmetic(new GraphBuilder('norm')), [])).toThrow(/not defined/);
  });
});

describe('clipping by value', () => {
  const byValue: Clip = (math, gradients) => clipByValue(math, gradients, 2);

  test('limits every element on both sides', async () => {
    expect(await run(byValue, [3, -5, 1, -2], [0, 2.5])).toEqual([2, -2, 1, -2, 0, 2]);
  });

  test('limits infinity, and lets NaN show, in any place of a long tensor', async () => {
    const values = Array.from({ length: 37 }, (_, index) => index - 18);
    for (const place of [0, 5, 36]) {
      const clipped = await run(
        byValue,
        values.map((value, index) => (index === place ? Number.NaN : value)),
      );
      expect(clipped[place]).toBeNaN();
    }
    expect(await run(byValue, [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY])).toEqual([-2, 2]);
  });

  test('shows NaN in float32, too', async () => {
    const graph = new GraphBuilder('clip');
    const [clipped] = clipByValue(new Arithmetic(graph), [graph.input('g', 'float32', [40])], 1);
    graph.output(clipped!, 'y');
    const { y } = await runModel(graph.toModel(), { g: float32([40], Array(40).fill(Number.NaN)) });
    expect(numbers(y).every(Number.isNaN)).toBe(true);
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses a largest value of %d', (largest) => {
    expect(() => clipByValue(new Arithmetic(new GraphBuilder('clip')), [], largest)).toThrow(/above 0/);
  });
});
