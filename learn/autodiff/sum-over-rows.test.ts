import { describe, expect, test } from 'vitest';
import { float64, numbers, runModel } from '../onnx/fixtures/run-model.js';
import { Arithmetic, GraphBuilder, type Value } from '../onnx/index.js';
import { reverseWalk } from './index.js';

/** h -> tanh(h W + b), so many times, and the gradients of its sum. */
function repeated(uses: number, rows: number | string) {
  const graph = new GraphBuilder('repeated');
  const math = new Arithmetic(graph);
  const x = graph.input('x', 'float64', [rows, 2]);
  const weight = graph.input('W', 'float64', [2, 2]);
  const bias = graph.input('b', 'float64', [2]);
  let h: Value = x;
  for (let use = 0; use < uses; use++) h = math.tanh(graph.op('Gemm', [h, weight, bias]));
  const loss = math.sum(h);
  const forward = graph.nodes.length;
  const gradients = reverseWalk(graph, loss, math.onesLike(loss), [weight, bias]);
  for (const [index, gradient] of gradients.entries()) graph.output(gradient!, `gradient_${index}`);
  graph.output(loss, 'loss');
  const types = graph.nodes.slice(forward).map(({ type }) => type);
  return { model: graph.toModel(), count: (type: string) => types.filter((each) => each === type).length };
}

const feeds = {
  x: float64([3, 2], [0.3, -0.2, 0.5, 0.1, -0.4, 0.9]),
  W: float64([2, 2], [0.7, -0.3, 0.2, 0.5]),
  b: float64([2], [0.1, -0.2]),
};

describe('the gradient of a matrix that is used again and again', () => {
  test.each([
    [1, 'N'],
    [2, 'N'],
    [3, 'N'],
    [5, 'N'],
    [5, 3],
  ])('after %s uses of %s rows equals the finite difference', async (uses, rows) => {
    const { model } = repeated(uses, rows);
    const results = await runModel(model, feeds);
    for (const [index, name] of (['W', 'b'] as const).entries()) {
      for (const [place, slope] of numbers(results[`gradient_${index}`]).entries()) {
        const at = async (step: number) => {
          const moved = Float64Array.from(feeds[name].data);
          moved[place]! += step;
          return numbers((await runModel(model, { ...feeds, [name]: { ...feeds[name], data: moved } }))['loss'])[0]!;
        };
        expect((await at(1e-5)) - (await at(-1e-5))).toBeCloseTo(2e-5 * slope, 12);
      }
    }
  });

  test('is one product over the rows of all uses', () => {
    const { count } = repeated(8, 'N');
    // One product for W, and seven that pass the gradient on from use to use.
    expect(count('Gemm')).toBe(1 + 7);
    expect(count('ReduceSum')).toBe(1);
    expect(count('Add')).toBe(0);
  });

  test('is a product for each use where there are few uses, or many rows', () => {
    expect(repeated(2, 'N').count('Concat')).toBe(0);
    expect(repeated(5, 1000).count('Concat')).toBe(0);
    expect(repeated(5, '100*N').count('Gemm')).toBe(5 + 4);
  });
});
