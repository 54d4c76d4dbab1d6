import { expect, test } from 'vitest';
import { float32, numbers, runModel } from '../onnx/fixtures/run-model.js';
import { Arithmetic, GraphBuilder, type ModelProto } from '../onnx/index.js';
import { evaluationGraph } from './evaluation-graph.js';

/** y = dropout(x * w) + the number of elements that dropout kept, as a file in training mode has it. */
function network(): ModelProto {
  const graph = new GraphBuilder('network');
  const math = new Arithmetic(graph);
  const x = graph.input('x', 'float32', ['N', 3]);
  const scaled = math.mul(x, graph.initializer('w', float32([3], [1, 2, 3])));
  const [ratio, training] = [
    math.scalar(0.5, 'float32'),
    graph.constant({ dtype: 'bool', shape: [], data: Uint8Array.of(1) }),
  ];
  const [dropped, kept] = graph.ops('Dropout', [scaled, ratio, training], {}, 2);
  graph.output(math.add(dropped!, math.sum(math.cast(kept!, 'float32'), [1], true)), 'logits');
  return graph.toModel();
}

test('takes the weights as inputs, and keeps everything that dropout would leave out', async () => {
  const evaluation = evaluationGraph(network(), new Set(['w']));
  const feeds = { x: float32([2, 3], [1, 1, 1, 2, 2, 2]), w: float32([3], [10, 20, 30]) };
  const { logits } = await runModel(evaluation, feeds);
  expect(numbers(logits)).toEqual([13, 23, 33, 23, 43, 63]);
});

test('refuses a tensor that the network does not store', () => {
  expect(() => evaluationGraph(network(), new Set(['w', 'v']))).toThrow(/stores no "v"/);
});
