import { describe, expect, test } from 'vitest';
import { onWebgpu, webgpuAvailable } from '../../fixtures/webgpu.js';
import { type Tensor, tensor } from '../../runtime/tensor.js';
import type { Device, DeviceTensor, Feeds } from '../device.js';
import { cnn, mlp, transformerEncoder } from '../models/index.js';
import type { ModelProto } from '../onnx/index.js';
import { ortDevice } from '../train/fixtures/ort-device.js';
import { batchOf, startOf } from './fixtures/steps.js';
import { inLoop, type TrainingGraphOptions, trainingGraph } from './index.js';

const NETWORKS: readonly { name: string; model: ModelProto; shape: readonly number[] }[] = [
  { name: 'a perceptron', model: mlp({ features: 6, hidden: [16], classes: 3, seed: 1 }), shape: [8, 6] },
  {
    name: 'a convolutional network with batch normalisation',
    model: cnn({ channels: 2, size: [8, 8], widths: [8, 8, 8], batchNorm: true, classes: 3, seed: 1 }),
    shape: [8, 2, 8, 8],
  },
  {
    name: 'a transformer',
    model: transformerEncoder({
      input: { type: 'sequence', length: 4, features: 6 },
      width: 16,
      heads: 2,
      layers: 1,
      feedForward: 16,
      classes: 3,
      seed: 1,
    }),
    shape: [8, 4, 6],
  },
];

const rate = 0.01;

/** Three steps, the state left on the device between them. */
async function trainOn(
  device: Device,
  options: Omit<TrainingGraphOptions, 'loss' | 'optimizer' | 'provider'>,
  shape: readonly number[],
) {
  const graph = trainingGraph({
    ...options,
    provider: device.provider,
    loss: { type: 'cross_entropy' },
    optimizer: { type: 'sgd', momentum: 0.9 },
  });
  const outputsOnDevice = graph.state.map(({ output }) => output);
  const session = await device.createSession(graph.bytes, { ...graph.session, outputsOnDevice });
  let state: Feeds = startOf(graph);
  const losses: number[] = [];
  for (let step = 0; step < 3; step++) {
    const { x, labels } = batchOf(shape, 3, step);
    const feeds = Object.fromEntries(graph.state.map(({ name, input }) => [input, state[name]!]));
    const { values, kept } = await session.runAndKeep({
      ...feeds,
      [graph.inputs.x]: x,
      [graph.inputs.labels]: labels,
      [graph.inputs.learningRate]: tensor('float32', [], Float32Array.of(rate)),
    });
    losses.push(Number(values[graph.outputs.loss]!.data[0]));
    for (const value of Object.values(state)) if ('release' in value) value.release();
    state = Object.fromEntries(graph.state.map(({ name, output }) => [name, kept[output]!]));
  }
  const tensors = await device.download(state as Record<string, DeviceTensor>);
  for (const value of Object.values(state)) if ('release' in value) value.release();
  await session.release();
  return { losses, tensors };
}

/** The largest difference, as a share of the largest absolute value. */
function difference(actual: Tensor, expected: Tensor): number {
  const [a, b] = [Array.from(actual.data, Number), Array.from(expected.data, Number)];
  const scale = Math.max(...b.map(Math.abs), 1e-3);
  return Math.max(...b.map((value, index) => Math.abs(a[index]! - value) / scale));
}

describe.skipIf(!webgpuAvailable())(onWebgpu('on WebGPU'), () => {
  test.each(NETWORKS)('$name trains as on the CPU, its state on the device', async ({ model, shape }) => {
    const [gpu, cpu] = [ortDevice('webgpu'), ortDevice('cpu')];
    const [ours, expected] = [await trainOn(gpu, { model }, shape), await trainOn(cpu, { model }, shape)];
    for (const [step, loss] of expected.losses.entries()) expect(ours.losses[step]).toBeCloseTo(loss, 4);
    for (const [name, value] of Object.entries(expected.tensors))
      expect(difference(ours.tensors[name]!, value), name).toBeLessThan(1e-3);
    await gpu.release();
    await cpu.release();
    expect([gpu.open, gpu.kept]).toEqual([0, 0]);
  });

  test('a loop of steps gives the losses of single ones', async () => {
    const { model, shape } = NETWORKS[1]!;
    const device = ortDevice('webgpu');
    const { losses } = await trainOn(device, { model }, shape);
    const graph = inLoop(
      trainingGraph({
        model,
        provider: 'webgpu',
        loss: { type: 'cross_entropy' },
        optimizer: { type: 'sgd', momentum: 0.9 },
      }),
    );
    const session = await device.createSession(graph.bytes, graph.session);
    const batches = [0, 1, 2].map((step) => batchOf(shape, 3, step));
    const start = startOf(graph);
    const results = await session.run({
      ...Object.fromEntries(graph.state.map(({ name, input }) => [input, start[name]!])),
      [graph.inputs.x]: tensor('float32', [3, ...shape], Float32Array.from(batches.flatMap(({ x }) => [...x.data]))),
      [graph.inputs.labels]: tensor(
        'int64',
        [3, shape[0]!],
        BigInt64Array.from(batches.flatMap(({ labels }) => [...labels.data])),
      ),
      [graph.inputs.learningRate]: tensor('float32', [3], new Float32Array(3).fill(rate)),
    });
    for (const [step, loss] of Array.from(results[graph.outputs.loss]!.data, Number).entries())
      expect(loss).toBeCloseTo(losses[step]!, 4);
    await session.release();
    await device.release();
  });
});
