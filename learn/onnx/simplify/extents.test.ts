import { expect, test } from 'vitest';
import { float32, int64, numbers, runModel } from '../fixtures/run-model.js';
import { GraphBuilder } from '../index.js';
import { simplify } from './simplify.js';

/** As PyTorch writes x[:, 1:]: the end of the slice is the largest number there is, put into a list. */
test('a slice without an end keeps it', async () => {
  const graph = new GraphBuilder('open');
  const x = graph.input('x', 'float32', ['N', 3]);
  const list = (value: bigint) => {
    const scalar = graph.constant({ dtype: 'int64', shape: [], data: BigInt64Array.of(value) });
    return graph.op('Unsqueeze', [scalar, graph.constant(int64([1], [0]))]);
  };
  graph.output(graph.op('Slice', [x, list(1n), list(2n ** 63n - 1n), list(1n), list(1n)]), 'y');
  const feeds = { x: float32([2, 3], [1, 2, 3, 4, 5, 6]) };
  const simpler = simplify(graph, 'open').graph.toModel();
  expect(numbers((await runModel(simpler, feeds))['y'])).toEqual([2, 3, 5, 6]);
});
