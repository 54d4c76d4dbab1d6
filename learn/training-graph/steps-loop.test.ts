import { expect, test } from 'vitest';
import type { Tensor } from '../../runtime/tensor.js';
import { mlp } from '../models/index.js';
import { float32, loadModel, numbers } from '../onnx/fixtures/run-model.js';
import { batchOf, firstDifference, startOf, train } from './fixtures/steps.js';
import { inLoop, trainingGraph } from './index.js';

/** Batches behind one another, an axis of steps in front. */
function stacked(tensors: readonly Tensor[]): Tensor {
  const { dtype, shape } = tensors[0]!;
  const Data = tensors[0]!.data.constructor as new (values: number[]) => Tensor['data'];
  const values = tensors.flatMap(({ data }) => [...(data as Float32Array)]);
  return { dtype, shape: [tensors.length, ...shape], data: new Data(values) };
}

test('many steps in one run leave the same bits as one at a time', async () => {
  const single = trainingGraph({
    model: mlp({ features: 5, hidden: [16, 8], classes: 3, dropout: 0.2, seed: 1 }),
    loss: { type: 'cross_entropy', labelSmoothing: 0.1 },
    optimizer: { type: 'adamw' },
    clipNorm: 1,
    averageDecay: 0.9,
  });
  const many = inLoop(single);
  expect(many.hash).not.toBe(single.hash);
  const batches = Array.from({ length: 7 }, (_, index) => {
    const batch = batchOf([6, 5], 3, index);
    const masks = single.random.map(({ input, shape }, place) => {
      return [input, batchOf([6, Number(shape[1])], 2, 50 * index + place).x] as const;
    });
    return { ...batch, rate: 0.01 * (index + 1), more: Object.fromEntries(masks) };
  });
  const expected = await train(single, batches);

  const loaded = await loadModel(many.bytes);
  const start = startOf(many);
  const run = async (part: typeof batches, from: Record<string, Tensor>) => {
    const results = await loaded.run({
      ...Object.fromEntries(many.state.map(({ name, input }) => [input, from[name]!])),
      [many.inputs.x]: stacked(part.map(({ x }) => x)),
      [many.inputs.labels]: stacked(part.map(({ labels }) => labels)),
      [many.inputs.learningRate]: float32(
        [part.length],
        part.map(({ rate }) => rate),
      ),
      ...Object.fromEntries(many.random.map(({ input }) => [input, stacked(part.map(({ more }) => more[input]!))])),
    });
    const state = Object.fromEntries(many.state.map(({ name, output }) => [name, results[output]!]));
    return { state, losses: numbers(results[many.outputs.loss]), logits: results[many.outputs.logits]! };
  };
  const whole = await run(batches, start);
  expect(whole.losses).toEqual(expected.losses);
  expect(whole.logits.shape).toEqual([7, 6, 3]);
  expect(firstDifference(expected.state, whole.state)).toBeUndefined();

  // Runs of three and four steps are the same training.
  const first = await run(batches.slice(0, 3), start);
  const second = await run(batches.slice(3), first.state);
  expect(firstDifference(expected.state, second.state)).toBeUndefined();
  await loaded.release();
});
