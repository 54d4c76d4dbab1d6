import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../runtime/tensor.js';
import { MACHINE_BLOCK, ON_TILES } from '../lowerings/blocked/fixtures/machine.js';
import { cnn, resnet } from '../models/index.js';
import { float32, int64, loadModel, numbers } from '../onnx/fixtures/run-model.js';
import { GraphBuilder, type ModelProto, OnnxError, type Value } from '../onnx/index.js';
import { random, STREAMS } from '../random.js';
import { batchOf, firstDifference, startOf, stepper, train } from './fixtures/steps.js';
import { inLoop, type TrainingGraphOptions, trainingGraph } from './index.js';

const block = MACHINE_BLOCK ?? 16;
const images = { channels: 3, classes: 3, seed: 4, size: [12, 12] } as const;
const options = (model: ModelProto, more: Partial<TrainingGraphOptions> = {}): TrainingGraphOptions => ({
  model,
  loss: { type: 'cross_entropy' },
  optimizer: { type: 'sgd', momentum: 0.9 },
  batch: 2 * block,
  cpuLayout: { blockSize: block },
  ...more,
});

/** Everything that stands between convolutions, and no kink: float32 rounds a slope to one side or the other of it. */
function smooth(): ModelProto {
  const graph = new GraphBuilder('smooth');
  const draws = random(2, STREAMS.user);
  const x = graph.input('x', 'float32', ['N', 3, 12, 12]);
  const parameter = (name: string, shape: readonly number[], about = 0): Value => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    const spread = 1 / Math.sqrt(size / shape[0]!);
    return graph.initializer(
      name,
      float32(
        shape,
        Array.from({ length: size }, () => about + spread * draws.normal()),
      ),
    );
  };
  const conv = (name: string, value: Value, outputs: number, kernel: number, stride = 1, group = 1): Value => {
    const inner = Number(value.shape[1]) / group;
    const pads = new Array<number>(4).fill((kernel - 1) / 2);
    const inputs = [
      value,
      parameter(`${name}.weight`, [outputs, inner, kernel, kernel]),
      parameter(`${name}.bias`, [outputs]),
    ];
    return graph.op('Conv', inputs, { pads, strides: [stride, stride], group });
  };
  const norm = (name: string, value: Value): Value => {
    const channels = Number(value.shape[1]);
    const vectors = ['weight', 'bias', 'mean', 'variance'].map((part, index) =>
      parameter(`${name}.${part}`, [channels], index === 0 || index === 3 ? 2 : 0),
    );
    return graph.op('BatchNormalization', [value, ...vectors], { momentum: 0.9 });
  };
  const soft = (value: Value): Value => graph.op('Gelu', [value]);
  let value = soft(norm('bn1', conv('conv1', x, 24, 3)));
  const shortcut = norm('bn2', conv('conv2', value, 40, 1, 2));
  const body = soft(norm('bn3', conv('conv3', value, 40, 5, 2)));
  value = soft(graph.op('Add', [norm('bn4', conv('conv4', body, 40, 3)), shortcut]));
  value = norm('bn5', conv('conv5', value, 40, 3, 1, 40));
  const gate = graph.op('Sigmoid', [conv('fc', graph.op('GlobalAveragePool', [value]), 40, 1)]);
  value = graph.op('Mul', [value, gate]);
  value = graph.op('Tanh', [graph.op('MaxPool', [value], { kernel_shape: [2, 2], strides: [2, 2] })]);
  // A convolution with groups of several channels has no form over tiles.
  value = soft(conv('conv6', value, 20, 3, 1, 20));
  const pooled = graph.op('Flatten', [graph.op('GlobalAveragePool', [soft(conv('conv7', value, 16, 3))])]);
  graph.output(graph.op('Gemm', [pooled, parameter('head.weight', [16, 3])], {}, { name: 'logits' }));
  return graph.toModel();
}

const batches = [1, 2, 3].map((seed) => ({ ...batchOf([2 * block, 3, 12, 12], 3, seed), rate: 0.05 }));

/** The largest difference of each tensor over its largest value. */
function distances(a: Readonly<Record<string, Tensor>>, b: Readonly<Record<string, Tensor>>) {
  return Object.entries(a).map(([name, tensor]) => {
    const [one, other] = [numbers(tensor), numbers(b[name]!)];
    const scale = Math.max(1e-3, ...one.map(Math.abs));
    return { name, far: Math.max(...one.map((value, index) => Math.abs(value - other[index]!) / scale)) };
  });
}

describe.skipIf(!MACHINE_BLOCK)(`a training ${ON_TILES}`, () => {
  test('goes the way of the plain one', async () => {
    const { cpuLayout: _, ...plain } = options(smooth());
    const one = await train(trainingGraph(plain), batches);
    const graph = trainingGraph(options(smooth()));
    const other = await train(graph, batches);
    expect(graph.model.graph!.node.filter(({ domain }) => domain === 'com.microsoft.nchwc').length).toBeGreaterThan(80);
    expect(graph.state.map(({ name, shape }) => [name, shape])).toEqual(
      trainingGraph(plain).state.map(({ name, shape }) => [name, shape]),
    );
    for (const [index, loss] of one.losses.entries()) expect(other.losses[index]).toBeCloseTo(loss, 5);
    for (const { name, far } of distances(one.state, other.state)) expect(far, name).toBeLessThan(3e-5);
  });

  test.each([
    ['cnn', cnn({ ...images, widths: [24, 40] })],
    ['cnn with batch normalisation', cnn({ ...images, widths: [24, 40], batchNorm: true })],
  ])('begins with the loss of the plain one: %s', async (_, model) => {
    const size = model.graph!.input[0]!.type!.tensorType!.shape!.dim.slice(2).map(({ dimValue }) => Number(dimValue));
    const batch = { ...batchOf([2 * block, 3, ...size], 3, 1), rate: 0.01 };
    const { cpuLayout: __, ...plain } = options(model);
    const [one, other] = [
      await train(trainingGraph(plain), [batch]),
      await train(trainingGraph(options(model)), [batch]),
    ];
    expect(other.loss).toBeCloseTo(one.loss, 4);
  });

  test('ends with the same bits on one thread and on two, and when it is run again', async () => {
    const graph = trainingGraph(options(smooth()));
    const batch = batches[0]!;
    const results = [];
    for (const threads of [1, 2, 2]) {
      const loaded = await stepper(graph, { intraOpNumThreads: threads });
      results.push((await loaded.step(startOf(graph), batch)).state);
      await loaded.release();
    }
    expect(firstDifference(results[0]!, results[1]!)).toBeUndefined();
    expect(firstDifference(results[1]!, results[2]!)).toBeUndefined();
  });

  test('keeps every bit when parts are computed again', async () => {
    const plain = await train(trainingGraph(options(smooth())), batches);
    const again = await train(trainingGraph(options(smooth(), { checkpointing: { segments: 3 } })), batches);
    expect(again.losses).toEqual(plain.losses);
    expect(firstDifference(again.state, plain.state)).toBeUndefined();
  });

  test('keeps every bit of a ResNet, whose scales are no longer 1 in the second step', async () => {
    const model = resnet({ depth: 18, channels: 3, classes: 3, size: [16, 16], stem: '3x3', seed: 1 });
    const steps = [1, 2].map((seed) => ({ ...batchOf([block, 3, 16, 16], 3, seed), rate: 0.05 }));
    const plain = await train(trainingGraph(options(model, { batch: block })), steps);
    const again = await train(
      trainingGraph(options(model, { batch: block, checkpointing: 'square_root_of_depth' })),
      steps,
    );
    expect(again.losses).toEqual(plain.losses);
    expect(firstDifference(again.state, plain.state)).toBeUndefined();
  });

  test('keeps activations in float16 where it is asked to', async () => {
    const plain = await train(trainingGraph(options(smooth())), batches.slice(0, 1));
    const mixed = await train(trainingGraph(options(smooth(), { precision: 'mixed' })), batches.slice(0, 1));
    expect(mixed.loss).toBe(plain.loss);
    const parameters = Object.fromEntries(Object.entries(plain.state).filter(([name]) => name.endsWith('weight')));
    for (const { name, far } of distances(parameters, mixed.state)) expect(far, name).toBeLessThan(1e-2);
  });

  test('makes several steps in one run', async () => {
    const graph = trainingGraph(options(smooth()));
    const one = await train(graph, batches);
    const loop = inLoop(graph);
    const loaded = await loadModel(loop.bytes);
    const all = (tensors: readonly Tensor[]) => tensors.flatMap(numbers);
    const outputs = await loaded.run({
      [loop.inputs.x]: float32([3, ...batches[0]!.x.shape], all(batches.map(({ x }) => x))),
      [loop.inputs.labels]: int64([3, 2 * block], all(batches.map(({ labels }) => labels))),
      [loop.inputs.learningRate]: float32([3], [0.05, 0.05, 0.05]),
      ...Object.fromEntries(loop.state.map(({ input, initial }) => [input, initial])),
    });
    await loaded.release();
    const state = Object.fromEntries(loop.state.map(({ name, output }) => [name, outputs[output]!]));
    expect(firstDifference(one.state, state)).toBeUndefined();
  });
});

describe('rows of every batch', () => {
  test('are the extent of all inputs and of the labels where they are given', () => {
    const { model } = trainingGraph({ ...options(smooth()), batch: 5 });
    const first = (name: string) =>
      model.graph!.input.find((input) => input.name === name)!.type!.tensorType!.shape!.dim[0]!.dimValue;
    expect([first('x'), first('labels')].map(Number)).toEqual([5, 5]);
  });

  test('that fill no tile leave the graph as it is without a layout', () => {
    const { cpuLayout: _, ...plain } = options(smooth(), { batch: 5 });
    expect(trainingGraph({ ...plain, cpuLayout: { blockSize: 16 } }).hash).toBe(trainingGraph(plain).hash);
  });

  test.each([0, 1.5, -2])('cannot be %s', (batch) => {
    expect(() => trainingGraph(options(smooth(), { batch }))).toThrow(OnnxError);
    expect(() => trainingGraph(options(smooth(), { batch }))).toThrow(/whole number >= 1/);
  });
});
