import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../runtime/tensor.js';
import { mlp, withParameters } from '../models/index.js';
import { float32, int64, type LoadedModel, loadModel, numbers, runModel } from '../onnx/fixtures/run-model.js';
import { Arithmetic, GraphBuilder, type ModelProto } from '../onnx/index.js';
import { random, STREAMS } from '../random.js';
import { type TrainingGraph, type TrainingGraphOptions, trainingGraph } from './index.js';

type State = Record<string, Tensor>;

function startOf(graph: TrainingGraph): State {
  return Object.fromEntries(graph.state.map(({ name, initial }) => [name, initial]));
}

/** One step as a host makes it. */
async function step(
  graph: TrainingGraph,
  loaded: LoadedModel,
  state: State,
  batch: { x: Tensor; labels: Tensor; rate: number; more?: Record<string, Tensor> },
): Promise<{ state: State; loss: number; logits: Tensor }> {
  const results = await loaded.run({
    [graph.inputs.x]: batch.x,
    [graph.inputs.labels]: batch.labels,
    [graph.inputs.learningRate]: float32([], [batch.rate]),
    ...batch.more,
    ...Object.fromEntries(graph.state.map(({ name, input }) => [input, state[name]!])),
  });
  return {
    state: Object.fromEntries(graph.state.map(({ name, output }) => [name, results[output]!])),
    loss: Number(results[graph.outputs.loss]!.data[0]),
    logits: results[graph.outputs.logits]!,
  };
}

/** Three clouds of points in the plane, 40 each. */
function clouds(seed: number): { x: Tensor<'float32'>; labels: Tensor<'int64'> } {
  const draws = random(seed, STREAMS.user);
  const centres = [
    [-2, 0],
    [2, 0],
    [0, 2.5],
  ] as const;
  const points = Array.from({ length: 120 }, (_, row) =>
    centres[row % 3]!.map((centre) => centre + 0.5 * draws.normal()),
  );
  return {
    x: float32([120, 2], points.flat()),
    labels: int64(
      [120],
      points.map((_, row) => row % 3),
    ),
  };
}

const network = (dropout = 0) => mlp({ features: 2, hidden: [16, 8], classes: 3, dropout, seed: 5 });

async function train(options: Partial<TrainingGraphOptions>, steps: number, rate: number) {
  const graph = trainingGraph({
    model: network(),
    loss: { type: 'cross_entropy' },
    optimizer: { type: 'adam' },
    ...options,
  });
  const loaded = await loadModel(graph.bytes);
  const batch = { ...clouds(1), rate };
  let state = startOf(graph);
  let loss = Number.NaN;
  for (let index = 0; index < steps; index++) ({ state, loss } = await step(graph, loaded, state, batch));
  await loaded.release();
  return { graph, state, loss };
}

describe('a small network', () => {
  test.each([
    { optimizer: { type: 'sgd', momentum: 0.9, nesterov: true } as const, rate: 0.1 },
    { optimizer: { type: 'adam' } as const, rate: 0.02 },
    { optimizer: { type: 'adamw', weightDecay: 0.01 } as const, rate: 0.02, clipNorm: 1 },
  ])('learns to separate three clouds with $optimizer.type', async ({ optimizer, rate, ...more }) => {
    const { state, loss, graph } = await train({ optimizer, ...more }, 300, rate);
    expect(loss).toBeLessThan(0.02);

    const names = graph.state.filter(({ role }) => role === 'parameter').map(({ name }) => name);
    const trained = withParameters(network(), Object.fromEntries(names.map((name) => [name, state[name]!])));
    const unseen = clouds(2);
    const { logits } = await runModel(trained, { x: unseen.x });
    const rows = Array.from({ length: 120 }, (_, row) => numbers(logits).slice(3 * row, 3 * row + 3));
    const hits = rows.filter((row, index) => row.indexOf(Math.max(...row)) === index % 3).length;
    expect(hits).toBeGreaterThanOrEqual(117);
  });

  test('ends with the same bits when trained twice from one seed', async () => {
    const [first, second] = [await train({}, 50, 0.02), await train({}, 50, 0.02)];
    expect(first.graph.hash).toBe(second.graph.hash);
    expect(Object.keys(first.state).length).toBe(6 * 3 + 1);
    for (const [name, { data }] of Object.entries(first.state)) {
      expect(Buffer.from(second.state[name]!.data.buffer).equals(Buffer.from(data.buffer))).toBe(true);
    }
  });

  test('takes batches of any size', async () => {
    const graph = trainingGraph({ model: network(), loss: { type: 'cross_entropy' }, optimizer: { type: 'sgd' } });
    const loaded = await loadModel(graph.bytes);
    for (const rows of [1, 7, 120]) {
      const { x, labels } = clouds(1);
      const batch = {
        x: float32([rows, 2], x.data.slice(0, 2 * rows)),
        labels: int64([rows], numbers(labels).slice(0, rows)),
      };
      const { logits } = await step(graph, loaded, startOf(graph), { ...batch, rate: 0.1 });
      expect(logits.shape).toEqual([rows, 3]);
    }
    await loaded.release();
  });
});

/** logits = x W^T, with W and no bias. */
function oneMatrix(weights: readonly number[]): ModelProto {
  const graph = new GraphBuilder('one');
  const x = graph.input('x', 'float32', ['N', 2]);
  const weight = graph.initializer('weight', float32([2, 2], weights));
  graph.output(graph.op('Gemm', [x, weight], { transB: 1 }, { name: 'logits' }));
  return graph.toModel();
}

describe('one step', () => {
  test('agrees with the step worked out by hand', async () => {
    const graph = trainingGraph({
      model: oneMatrix([0, 0, 0, 0]),
      loss: { type: 'cross_entropy' },
      optimizer: { type: 'sgd' },
    });
    const loaded = await loadModel(graph.bytes);
    const batch = { x: float32([2, 2], [1, 2, 3, 4]), labels: int64([2], [0, 1]), rate: 0.5 };
    const { state, loss, logits } = await step(graph, loaded, startOf(graph), batch);
    await loaded.release();
    // All logits are 0, so p = 1/2 and the loss is ln 2. dlogits = (p - onehot) / 2 = [[-1/4, 1/4], [1/4, -1/4]];
    // dW = dlogits^T x = [[1/2, 1/2], [-1/2, -1/2]]; W - dW / 2.
    expect(loss).toBeCloseTo(Math.LN2, 6);
    expect(numbers(logits)).toEqual([0, 0, 0, 0]);
    expect(numbers(state['weight'])).toEqual([-0.25, -0.25, 0.25, 0.25]);
  });

  test('gives a row of weight 0 no part in loss and gradient', async () => {
    const options = {
      model: oneMatrix([0.5, -1, 2, 0.1]),
      loss: { type: 'cross_entropy' },
      optimizer: { type: 'sgd' },
    } as const;
    const weighted = trainingGraph({ ...options, sampleWeights: true });
    const loadedWeighted = await loadModel(weighted.bytes);
    const padded = { x: float32([3, 2], [1, 2, 3, 4, 0, 0]), labels: int64([3], [0, 1, 0]), rate: 0.5 };
    const more = { [weighted.inputs.sampleWeights!]: float32([3], [1, 1, 0]) };
    const withPadding = await step(weighted, loadedWeighted, startOf(weighted), { ...padded, more });
    const plain = trainingGraph(options);
    const loadedPlain = await loadModel(plain.bytes);
    const rows = { x: float32([2, 2], [1, 2, 3, 4]), labels: int64([2], [0, 1]), rate: 0.5 };
    const without = await step(plain, loadedPlain, startOf(plain), rows);
    expect(withPadding.loss).toBeCloseTo(without.loss, 6);
    for (const [index, value] of numbers(withPadding.state['weight']).entries()) {
      expect(value).toBeCloseTo(numbers(without.state['weight'])[index]!, 6);
    }
    await loadedWeighted.release();
    await loadedPlain.release();
  });

  test('moves the parameters no further than the largest norm allows', async () => {
    const graph = trainingGraph({
      model: oneMatrix([0, 0, 0, 0]),
      loss: { type: 'cross_entropy' },
      optimizer: { type: 'sgd' },
      clipNorm: 0.1,
    });
    const loaded = await loadModel(graph.bytes);
    const batch = { x: float32([2, 2], [1, 2, 3, 4]), labels: int64([2], [0, 1]), rate: 1 };
    const { state } = await step(graph, loaded, startOf(graph), batch);
    await loaded.release();
    // The gradient [[1/2, 1/2], [-1/2, -1/2]] has the norm 1; scaled to 0.1.
    for (const value of numbers(state['weight'])) expect(Math.abs(value)).toBeCloseTo(0.05, 6);
  });

  test('masks what dropout drops, in loss and gradient', async () => {
    const model = (dropout: number) => mlp({ features: 2, hidden: [4], classes: 2, dropout, seed: 3 });
    const graph = trainingGraph({ model: model(0.5), loss: { type: 'cross_entropy' }, optimizer: { type: 'sgd' } });
    expect(graph.random).toEqual([{ input: expect.any(String), shape: ['N', 4], keep: 0.5 }]);
    const loaded = await loadModel(graph.bytes);
    const batch = { x: float32([1, 2], [1, 2]), labels: int64([1], [0]), rate: 0.5 };
    const [mask] = graph.random;
    const more = { [mask!.input]: float32([1, 4], [0, 2, 2, 0]) };
    const start = startOf(graph);
    const { state } = await step(graph, loaded, start, { ...batch, more });
    await loaded.release();
    const moved = (name: string) => numbers(state[name]).map((value, index) => value !== numbers(start[name])[index]);
    // Columns of the second layer that read a dropped unit, and rows of the first that make one, stay as they are.
    expect(moved('layer1.weight').filter((_, index) => index % 4 === 0 || index % 4 === 3)).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(moved('layer0.weight').slice(0, 2)).toEqual([false, false]);
    expect(moved('layer0.weight').slice(6)).toEqual([false, false]);
    expect(moved('layer1.weight').some(Boolean)).toBe(true);
  });
});

describe('the graph of a step', () => {
  const options = { model: network(0.1), loss: { type: 'cross_entropy' }, optimizer: { type: 'adamw' } } as const;

  test('is the same bytes for the same options, and others for others', () => {
    expect(trainingGraph(options).hash).toBe(trainingGraph(options).hash);
    expect(trainingGraph({ ...options, clipNorm: 1 }).hash).not.toBe(trainingGraph(options).hash);
  });

  test('names its state after the parameters and keeps dropout as it was asked for', () => {
    const graph = trainingGraph({
      ...options,
      model: mlp({ features: 2, hidden: [3], classes: 2, dropout: 0.1, seed: 0 }),
    });
    expect(graph.state.map(({ name, role }) => `${role} ${name}`)).toEqual([
      'step step',
      ...['layer0.weight', 'layer0.bias', 'layer1.weight', 'layer1.bias'].flatMap((name) => [
        `parameter ${name}`,
        `moment ${name}/mean`,
        `moment ${name}/square`,
      ]),
    ]);
    expect(graph.random.map(({ keep }) => keep)).toEqual([0.9]);
    expect(graph.inputs).toEqual({ x: 'x', network: ['x'], labels: 'labels', learningRate: 'learning_rate' });
    expect(graph.outputs).toEqual({ loss: 'loss', logits: 'logits' });
  });

  test('holds no weights that are trained, and ends with the updates in forward order', () => {
    const { model } = trainingGraph(options);
    expect(model.graph!.initializer).toEqual([]);
    const last = model.graph!.node.map(({ output }) => output[0]!).filter((name) => name.endsWith('.weight/next'));
    expect(last).toEqual(['layer0.weight/next', 'layer1.weight/next', 'layer2.weight/next']);
    const firstUpdate = model.graph!.node.findIndex(({ output }) => output[0]!.startsWith('update/'));
    const lastGradient = model.graph!.node.findLastIndex(({ output }) => output[0]!.startsWith('grad/'));
    expect(firstUpdate).toBeGreaterThan(lastGradient);
  });

  test('leaves frozen parameters in the file and out of the backward pass', async () => {
    const graph = trainingGraph({ ...options, model: network(), trainable: ['layer2.weight', 'layer2.bias'] });
    expect(graph.model.graph!.initializer.map(({ name }) => name)).toEqual([
      'layer0.weight',
      'layer0.bias',
      'layer1.weight',
      'layer1.bias',
    ]);
    expect(graph.model.graph!.node.filter(({ output }) => output[0]!.startsWith('grad/layer0'))).toEqual([]);
    const loaded = await loadModel(graph.bytes);
    const { state } = await step(graph, loaded, startOf(graph), { ...clouds(1), rate: 0.1 });
    expect(Object.keys(state)).toContain('layer2.weight');
    await loaded.release();
  });

  test('leaves alone a stored tensor that the loss does not depend on', () => {
    const builder = new GraphBuilder('idle');
    const math = new Arithmetic(builder);
    const x = builder.input('x', 'float32', ['N', 2]);
    const weight = builder.initializer('weight', float32([2, 2], [1, 0, 0, 1]));
    const table = builder.initializer('table', float32([2], [3, 4]));
    builder.output(math.add(math.matmul(x, weight), builder.op('Floor', [table])), 'logits');
    const model = builder.toModel();
    const graph = trainingGraph({ ...options, model });
    expect(graph.state.filter(({ role }) => role === 'parameter').map(({ name }) => name)).toEqual(['weight']);
    expect(() => trainingGraph({ ...options, model, trainable: ['weight', 'table'] })).toThrow(
      /does not depend on "table"/,
    );
  });

  test.each([
    ['an unknown parameter', { trainable: ['layer9.weight'] }, /no stored tensor "layer9.weight".*layer0.weight/],
    ['nothing to train', { trainable: [] }, /nothing to train/],
    ['a norm that is not positive', { clipNorm: 0 }, /above 0, not 0/],
    ['an unknown optimiser', { optimizer: { type: 'lionn' } as never }, /no optimiser "lionn".*sgd, .*adamw/],
    ['an unknown setting', { optimizer: { type: 'adam', momentum: 1 } as never }, /no setting "momentum"/],
    ['a setting out of range', { optimizer: { type: 'adam', beta1: 1 } as never }, /beta1/],
    ['an unknown loss', { loss: { type: 'hinge' } as never }, /no loss "hinge".*cross_entropy/],
    [
      'weights for other classes',
      { loss: { type: 'cross_entropy', classWeights: [1, 2] } as const },
      /3 classes need 3/,
    ],
  ])('refuses %s', (_, change, message) => {
    expect(() => trainingGraph({ ...options, ...change })).toThrow(message);
  });
});

test('a network may use the names that the graph of a step would like', async () => {
  const graph = new GraphBuilder('greedy');
  const math = new Arithmetic(graph);
  const step_ = graph.input('step', 'float32', ['N', 2]);
  const weight = graph.initializer('labels', float32([2, 2], [1, 0, 0, 1]));
  const product = math.mul(math.matmul(step_, weight), 1, { name: 'learning_rate' });
  graph.output(math.add(product, 0, { name: 'loss' }));
  const trained = trainingGraph({
    model: graph.toModel(),
    loss: { type: 'cross_entropy' },
    optimizer: { type: 'adam' },
  });
  expect(new Set(trained.state.map(({ name }) => name)).size).toBe(4);
  const loaded = await loadModel(trained.bytes);
  const batch = { x: float32([1, 2], [0, 0]), labels: int64([1], [0]), rate: 0.1 };
  const { loss, logits } = await step(trained, loaded, startOf(trained), batch);
  expect(loss).toBeCloseTo(Math.LN2, 6);
  expect(numbers(logits)).toEqual([0, 0]);
  await loaded.release();
});
