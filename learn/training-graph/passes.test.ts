import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { float32, loadModel, numbers } from '../onnx/fixtures/run-model.js';
import { Arithmetic, type Dim, GraphBuilder, readModel, type Value } from '../onnx/index.js';
import { simplify } from '../onnx/simplify/simplify.js';
import { bytesOf, Waiting } from './passes.js';

/** exp(x) twice: the second of an x that waits for a cause. */
function twice(rows: Dim, causeOf: (math: Arithmetic, first: Value) => Value) {
  const graph = new GraphBuilder('twice');
  const math = new Arithmetic(graph);
  const waiting = new Waiting(graph);
  const x = graph.input('x', 'float32', [rows, 3]);
  const first = math.exp(x);
  const cause = causeOf(math, math.sum(first, [1]));
  graph.output(math.mul(first, math.exp(waiting.until(cause, x))));
  graph.output(math.neg(waiting.until(cause, first)));
  return graph;
}

const CAUSES: readonly (readonly [string, Dim, (math: Arithmetic, first: Value) => Value])[] = [
  ['float32, any number of rows', 'N', (_, first) => first],
  ['float32, a known number of rows', 2, (_, first) => first],
  ['float16, any number of rows', 'N', (math, first) => math.cast(first, 'float16')],
  ['float16, a known number of rows', 2, (math, first) => math.cast(first, 'float16')],
];

describe('a value that waits', () => {
  test.each(CAUSES)('is the same, and what is computed from it is computed again: for %s', async (_, rows, causeOf) => {
    const folder = mkdtempSync(join(tmpdir(), 'ganglion-waiting-'));
    try {
      const optimizedModelFilePath = join(folder, 'optimized.onnx');
      const graph = simplify(twice(rows, causeOf), 'twice').graph;
      const loaded = await loadModel(graph.toModel(), { optimizedModelFilePath });
      const [product, negative] = Object.values(await loaded.run({ x: float32([2, 3], [0, 1, 0, 2, 0, 0]) }));
      await loaded.release();
      const expected = [1, Math.E, 1, Math.E ** 2, 1, 1];
      for (const [index, value] of numbers(product).entries()) expect(value).toBeCloseTo(expected[index]! ** 2, 3);
      for (const [index, value] of numbers(negative).entries()) expect(value).toBeCloseTo(-expected[index]!, 5);
      const optimized = readModel(readFileSync(optimizedModelFilePath)).graph!.node;
      expect(optimized.filter(({ opType }) => opType === 'Exp')).toHaveLength(2);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('shares its zeros with all that wait for the same: one node more for each value', () => {
    const graph = twice('N', (_, first) => first);
    expect(graph.nodes.filter(({ type }) => type === 'Size')).toHaveLength(1);
    expect(graph.nodes.filter(({ type }) => type === 'Reshape')).toHaveLength(2);
  });
});

test('bytes count for 32 rows where their number is not known', () => {
  const of = (shape: readonly Dim[]) => bytesOf({ name: 'x', dtype: 'float16', shape });
  expect([of([5, 3]), of(['N', 3]), of(['4*N', 3])]).toEqual([30, 192, 768]);
});
