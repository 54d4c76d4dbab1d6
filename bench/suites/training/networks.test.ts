import { expect, it, vi } from 'vitest';
import { drawBatches } from './batches.js';
import { type BenchmarkNetwork, buildNetwork, NETWORKS } from './networks.js';

// Only shapes count here, and to draw millions of numbers takes seconds.
vi.mock('../../../learn/random.js', async (original) => ({
  ...(await original<typeof import('../../../learn/random.js')>()),
  random: () => ({ uniform: () => 0.5, normal: () => 0, uint32: () => 0, below: () => 0 }),
}));

it.each(Object.entries<BenchmarkNetwork>(NETWORKS))('%s takes the batches that are drawn for it', (_, description) => {
  const { graph } = buildNetwork(description.network);
  const [batch] = drawBatches(description, 1);
  const { labels, ...inputs } = batch!;
  expect(labels!.shape).toEqual([description.batch]);
  expect(graph!.input.map(({ name }) => name)).toEqual(Object.keys(inputs));
  for (const { name, type } of graph!.input) {
    const extents = type!.tensorType!.shape!.dim.map(({ dimValue, dimParam }) => dimValue ?? dimParam);
    expect(extents).toEqual(['N', ...description.inputs[name as 'x']!]);
    expect(inputs[name!]!.shape).toEqual([description.batch, ...extents.slice(1)]);
  }
  expect(graph!.node.some(({ opType }) => opType === 'Dropout')).toBe(false);
});
