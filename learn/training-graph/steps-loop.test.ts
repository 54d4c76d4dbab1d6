import { expect, test } from 'vitest';
import type { Tensor } from '../../runtime/tensor.js';
import { mlp } from '../models/index.js';
import { float32, loadModel, numbers } from '../onnx/fixtures/run-model.js';
import { type ModelProto, type NodeProto, toTensorProto, type ValueInfoProto } from '../onnx/index.js';
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

const typed = (name: string, elemType: number, dims: readonly (number | string)[]): ValueInfoProto => ({
  name,
  type: {
    tensorType: {
      elemType,
      shape: { dim: dims.map((dim) => (typeof dim === 'number' ? { dimValue: dim } : { dimParam: dim })) },
    },
  },
});

/** x -> (x doubled where its sum is above 0) w, the choice in a nested graph that reads x by its name. */
function choosing(inputName: string): ModelProto {
  const node = (opType: string, input: string[], output: string, attribute: NodeProto['attribute'] = []): NodeProto => {
    return { opType, name: output, input, output: [output], attribute };
  };
  const branch = (name: string, inner: NodeProto) => ({
    name,
    type: 5,
    g: { name, node: [inner], initializer: [], input: [], output: [typed(inner.output[0]!, 1, ['N', 2])] },
  });
  const scalar = (name: string, value: number) => toTensorProto(float32([], [value]), name);
  return {
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: 'choosing',
      input: [typed(inputName, 1, ['N', 2])],
      output: [typed('y', 1, ['N', 3])],
      initializer: [toTensorProto(float32([2, 3], [1, 2, 3, 4, 5, 6]), 'going'), scalar('zero', 0), scalar('two', 2)],
      node: [
        node('ReduceSum', [inputName], 'sum', [{ name: 'keepdims', type: 2, i: 0n }]),
        node('Greater', ['sum', 'zero'], 'positive'),
        node('If', ['positive'], 'chosen', [
          branch('then_branch', node('Mul', [inputName, 'two'], 'doubled')),
          branch('else_branch', node('Identity', [inputName], 'same')),
        ]),
        node('MatMul', ['chosen', 'going'], 'y'),
      ],
    },
  };
}

test.each(['x', 'steps', 'steps/true', 'step/x', 'in_step/step/x', 'step/iteration'])(
  'a network with a graph in a node, whose input is called %s, makes the same steps in a loop',
  async (inputName) => {
    const single = trainingGraph({
      model: choosing(inputName),
      loss: { type: 'cross_entropy' },
      optimizer: { type: 'adam' },
    });
    expect(single.inputs.x).toBe(inputName);
    const batches = [1, -1].map((sign, index) => ({
      x: float32([2, 2], [sign, 2 * sign, 3 * sign, -sign]),
      labels: batchOf([2, 2], 3, index).labels,
    }));
    const expected = await train(single, batches);
    const many = inLoop(single);
    const loaded = await loadModel(many.bytes);
    const results = await loaded.run({
      ...Object.fromEntries(many.state.map(({ input, initial }) => [input, initial])),
      [many.inputs.x]: stacked(batches.map(({ x }) => x)),
      [many.inputs.labels]: stacked(batches.map(({ labels }) => labels)),
      [many.inputs.learningRate]: float32([2], [0.1, 0.1]),
    });
    const state = Object.fromEntries(many.state.map(({ name, output }) => [name, results[output]!]));
    expect(firstDifference(expected.state, state)).toBeUndefined();
    expect(numbers(results[many.outputs.loss])).toEqual(expected.losses);
    await loaded.release();
  },
);
