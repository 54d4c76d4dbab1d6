import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { float32, float64, loadModel, numbers, runModel } from '../onnx/fixtures/run-model.js';
import { Arithmetic, GraphBuilder, type Shape } from '../onnx/index.js';
import { random, STREAMS } from '../random.js';
import { sumOfRowsByProduct, sumOfRowsByReduction } from './sum-of-rows.js';

function graphOf(shape: Shape, dtype: 'float32' | 'float64' = 'float32') {
  const graph = new GraphBuilder('sum');
  const rows = graph.input('rows', dtype, shape);
  graph.output(sumOfRowsByProduct(new Arithmetic(graph), rows), 'product');
  graph.output(sumOfRowsByReduction(new Arithmetic(graph), rows), 'reduction');
  return graph.toModel();
}

function normal(count: number): Float32Array {
  const draws = random(7, STREAMS.user);
  return Float32Array.from({ length: count }, () => draws.normal());
}

describe('the sum of rows as a product', () => {
  test.each([true, false])(
    'is exact for whole numbers, however many rows and columns; extents known: %s',
    async (known) => {
      const extents = fc.record({ rows: fc.nat(70), columns: fc.integer({ min: 1, max: 70 }) });
      await fc.assert(
        fc.asyncProperty(extents, async ({ rows, columns }) => {
          const values = Array.from({ length: rows * columns }, (_, index) => (index * 7919) % 1000);
          const model = graphOf([known ? rows : 'K', known ? columns : 'N']);
          const { product } = await runModel(model, { rows: float32([rows, columns], values) });
          expect(product!.shape).toEqual([columns]);
          const expected = Array.from({ length: columns }, (_, column) =>
            values.reduce((sum, value, index) => (index % columns === column ? sum + value : sum), 0),
          );
          expect(numbers(product)).toEqual(expected);
        }),
        { numRuns: 25 },
      );
    },
  );

  test('is as exact as the reduction over many rows', async () => {
    const [rows, columns] = [20_000, 5];
    const values = normal(rows * columns);
    const { product, reduction } = await runModel(graphOf(['K', columns]), { rows: float32([rows, columns], values) });
    for (let column = 0; column < columns; column++) {
      let exact = 0;
      for (let row = 0; row < rows; row++) exact += values[row * columns + column]!;
      const error = Math.abs(numbers(product)[column]! - exact);
      expect(error).toBeLessThanOrEqual(2 * Math.abs(numbers(reduction)[column]! - exact) + 1e-3);
    }
  });

  test.each([
    [3000, 33],
    [200, 515],
    [64, 4096],
  ])('has the same bytes with one thread and with two, for %d rows of %d', async (rows, columns) => {
    const feeds = { rows: float32([rows, columns], normal(rows * columns)) };
    const sums = await Promise.all(
      [1, 2].map(async (intraOpNumThreads) => {
        const loaded = await loadModel(graphOf(['K', columns]), { intraOpNumThreads });
        const { product } = await loaded.run(feeds);
        await loaded.release();
        return numbers(product);
      }),
    );
    expect(sums[1]).toEqual(sums[0]);
  });

  test('stays a reduction in float64', async () => {
    const model = graphOf([2, 2], 'float64');
    expect(model.graph!.node.some(({ opType }) => opType === 'MatMul')).toBe(false);
    const { product } = await runModel(model, { rows: float64([2, 2], [1, 2, 1e-12, 3]) });
    expect(numbers(product)).toEqual([1 + 1e-12, 5]);
  });
});
