import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../runtime/tensor.js';
import { elementCount } from '../../runtime/tensor.js';
import { float32, int64, loadModel } from '../onnx/fixtures/run-model.js';
import { Arithmetic, GraphBuilder, type ModelProto } from '../onnx/index.js';
import { random, STREAMS } from '../random.js';
import { trainingGraph } from '../training-graph/index.js';
import { LOSS_CASES, type LossCase } from './loss.cases.js';

const ROWS = 6;

/** Gives each row outputs of its own, so that nothing keeps a loss from falling. */
function network({ output }: LossCase): ModelProto {
  const graph = new GraphBuilder('rows');
  const math = new Arithmetic(graph);
  const draws = random(3, STREAMS.user);
  const width = elementCount(output);
  const start = Array.from({ length: ROWS * width }, () => draws.normal());
  const weight = graph.initializer('weight', float32([ROWS, width], start));
  const flat = math.matmul(graph.input('x', 'float32', ['N', ROWS]), weight);
  graph.output(math.reshape(flat, [-1, ...output]), 'logits');
  return graph.toModel();
}

describe('a training with each loss', () => {
  test.each(LOSS_CASES.map((row) => ({ ...row, row })))('lets it fall: $title', async ({ row }) => {
    const graph = trainingGraph({
      model: network(row),
      loss: row.settings,
      optimizer: { type: 'adam' },
      sampleWeights: true,
    });
    const loaded = await loadModel(graph.bytes);
    const draws = random(11, STREAMS.user);
    const targets = Array.from({ length: ROWS }, () => row.draw(draws)).flat();
    const target = (row.targetType === 'int64' ? int64 : float32)([ROWS, ...row.target], targets);
    let state: Record<string, Tensor> = Object.fromEntries(graph.state.map(({ name, initial }) => [name, initial]));
    const losses: number[] = [];
    for (let step = 0; step < 30; step++) {
      const results = await loaded.run({
        [graph.inputs.x]: float32(
          [ROWS, ROWS],
          Array.from({ length: ROWS * ROWS }, (_, index) => (index % (ROWS + 1) === 0 ? 1 : 0)),
        ),
        [graph.inputs.labels]: target,
        [graph.inputs.sampleWeights!]: float32([ROWS], [1, 1, 1, 1, 1, 0]),
        [graph.inputs.learningRate]: float32([], [0.1]),
        ...Object.fromEntries(graph.state.map(({ name, input }) => [input, state[name]!])),
      });
      losses.push(Number(results[graph.outputs.loss]!.data[0]));
      state = Object.fromEntries(graph.state.map(({ name, output }) => [name, results[output]!]));
    }
    expect(losses.filter((loss) => !Number.isFinite(loss))).toEqual([]);
    expect(losses.at(-1)).toBeLessThan(0.9 * losses[0]!);
    await loaded.release();
  });
});
