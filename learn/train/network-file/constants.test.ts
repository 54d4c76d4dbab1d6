import { expect, test } from 'vitest';
import { float32 } from '../../onnx/fixtures/run-model.js';
import { Arithmetic, GraphBuilder } from '../../onnx/index.js';
import { constantNotes } from './constants.js';

function network() {
  const graph = new GraphBuilder('standardised');
  const math = new Arithmetic(graph);
  const stored = (name: string, shape: readonly number[]) =>
    graph.initializer(name, float32(shape, new Array(shape.reduce((size, extent) => size * extent, 1)).fill(2)));
  const x = graph.input('x', 'float32', ['N', 3]);
  const standard = math.div(math.sub(x, stored('mean', [3])), stored('deviation', [3]));
  graph.output(math.add(math.matmul(standard, stored('weight', [3, 2])), stored('bias', [2])), 'logits');
  return graph.toModel();
}

test('names what is only taken away or divided by', () => {
  expect(constantNotes(network(), ['mean', 'deviation', 'weight', 'bias'])).toEqual([
    expect.stringMatching(/^"mean", "deviation" are only taken away or divided by/),
  ]);
  expect(constantNotes(network(), ['mean', 'weight'])).toEqual([expect.stringMatching(/^"mean" is only taken away/)]);
});

test('has nothing to say of weights', () => {
  expect(constantNotes(network(), ['weight', 'bias'])).toEqual([]);
});
