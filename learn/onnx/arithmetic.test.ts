import { expect, test } from 'vitest';
import { float32, numbers, runModel } from './fixtures/run-model.js';
import { Arithmetic, GraphBuilder } from './index.js';

test.each([
  ['an axis of one element at the end', [2, 3, 1, 1], [1, 1, 1, 1]],
  ['longer axes at the end', [2, 3], []],
  ['one axis', [3], []],
])('a scalar against %s has the axes that make it fast, and the same result', async (_, shape, expected) => {
  const graph = new GraphBuilder('scalars');
  const math = new Arithmetic(graph);
  const x = graph.input('x', 'float32', shape);
  const rate = graph.input('rate', 'float32', []);
  graph.output(math.add(math.mul(x, rate), math.mul(rate, math.mul(2, x))), 'y');
  const scalars = graph.nodes
    .filter(({ type }) => type === 'Mul')
    .flatMap(({ inputs }) => inputs)
    .filter((value) => value?.shape.every((extent) => extent === 1))
    .map((value) => value!.shape);
  expect(scalars).toEqual([expected, expected, expected]);
  expect(graph.nodes.filter(({ type }) => type === 'Reshape').length).toBeLessThanOrEqual(1);
  const values = Array.from({ length: shape.reduce((a, b) => a * b) }, (_, index) => index);
  const { y } = await runModel(graph.toModel(), { x: float32(shape, values), rate: float32([], [0.5]) });
  expect(y!.shape).toEqual(shape);
  expect(numbers(y)).toEqual(values.map((value) => 1.5 * value));
});
